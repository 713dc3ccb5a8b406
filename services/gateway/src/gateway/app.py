"""Assembles the gateway."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import aiohttp
import orjson

from gateway.forward import Forward
from gateway.guards import Guard
from gateway.routes import read_routes
from gateway.settings import GatewaySettings
from gateway.uploads import Uploads
from gateway.upstream import Upstream, open_session
from waybill.app import Service, build, run, serves
from waybill.http.access import Access
from waybill.process.admission import admission_of

_CONTRACT: Final = files("gateway.contract")
_ROUTES: Final = read_routes(orjson.loads(_CONTRACT.joinpath("openapi.json").read_bytes()))


@serves(_CONTRACT, [route.operation for route in _ROUTES])
async def assemble(settings: GatewaySettings) -> Service:
    """Forward each operation of the merged contract. Raises MissingUpstreamError."""
    admission = admission_of(settings)
    session = open_session(settings)
    return Service(
        endpoints=forwards(settings, admission.access, session),
        in_each_process=admission.parts,
        checks=admission.checks,
        closing=(session.close,),
    )


class MissingUpstreamError(Exception):
    """The settings lack the address of a service of the contract."""


def forwards(
    settings: GatewaySettings, access: Access, session: aiohttp.ClientSession
) -> Mapping[str, Forward]:
    """Give what answers each operation."""
    uploads = Uploads(settings.client_seconds, settings.uploads_max)
    found: dict[str, Forward] = {}
    for route in _ROUTES:
        if route.service not in settings.upstreams:
            raise MissingUpstreamError(f"WAYBILL_UPSTREAMS lacks the address of {route.service}")
        address = settings.upstreams[route.service]
        upstream = Upstream(route.service, address, session, settings.answer_seconds)
        guard = Guard(route, access)
        found[route.id] = Forward(route, guard, upstream, uploads, settings.client_seconds)
    return found


app = build(GatewaySettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
