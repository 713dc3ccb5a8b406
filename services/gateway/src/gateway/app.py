"""Assembles the gateway."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import aiohttp
import orjson

from gateway.client_addresses import ClientAddresses
from gateway.forward import Forward
from gateway.guards import Guard
from gateway.limits import limits_of
from gateway.routes import read_rate_limits, read_routes
from gateway.settings import GatewaySettings
from gateway.uploads import Uploads
from gateway.upstream import Upstream, open_session
from waybill.app import Service, build, run, serves
from waybill.process.admission import admission_of

_CONTRACT: Final = files("gateway.contract")
_MERGED: Final = orjson.loads(_CONTRACT.joinpath("openapi.json").read_bytes())
_ROUTES: Final = read_routes(_MERGED)


@serves(_CONTRACT, [route.operation for route in _ROUTES])
async def assemble(settings: GatewaySettings) -> Service:
    """Forward each operation of the merged contract. Raises MissingUpstreamError."""
    admission = admission_of(settings)
    limits = limits_of(settings, read_rate_limits(_MERGED), _ROUTES)
    addresses = ClientAddresses(settings.trusted_networks)
    session = open_session(settings)
    guards = {route.id: Guard(route, admission.access, limits, addresses) for route in _ROUTES}
    return Service(
        endpoints=forwards(settings, guards, session),
        in_each_process=[*admission.parts, *([limits.store] if limits.store else ())],
        checks=admission.checks,
        closing=(session.close,),
    )


class MissingUpstreamError(Exception):
    """The settings lack the address of a service of the contract."""


def forwards(
    settings: GatewaySettings, guards: Mapping[str, Guard], session: aiohttp.ClientSession
) -> Mapping[str, Forward]:
    """Give what answers each operation."""
    uploads = Uploads(settings.client_seconds, settings.uploads_max)
    found: dict[str, Forward] = {}
    for route in _ROUTES:
        if route.service not in settings.upstreams:
            raise MissingUpstreamError(f"WAYBILL_UPSTREAMS lacks the address of {route.service}")
        address = settings.upstreams[route.service]
        upstream = Upstream(route.service, address, session, settings.answer_seconds)
        found[route.id] = Forward(
            route, guards[route.id], upstream, uploads, settings.client_seconds
        )
    return found


app = build(GatewaySettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
