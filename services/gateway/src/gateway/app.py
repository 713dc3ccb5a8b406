"""Puts the gateway together."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

import aiohttp
import orjson

from gateway.forward import Forward
from gateway.routes import Route, read_routes
from gateway.settings import GatewaySettings
from gateway.upstream import Upstream, open_session
from waybill.app import Service, run
from waybill.http.routing import Methods

_CONTRACT: Final = files("gateway.contract")


async def assemble(settings: GatewaySettings) -> Service:
    """Make a route for each operation of the merged contract. Raises MissingUpstreamError."""
    contract = orjson.loads(_CONTRACT.joinpath("openapi.json").read_bytes())
    session = open_session(settings)
    return Service(
        contract=_CONTRACT,
        paths=forwards(read_routes(contract), settings, session),
        closing=(session.close,),
    )


class MissingUpstreamError(Exception):
    """The settings do not say where a service is that the contract names."""


def forwards(
    routes: Iterable[Route], settings: GatewaySettings, session: aiohttp.ClientSession
) -> Mapping[str, Methods]:
    """Give what serves each path and method."""
    paths: dict[str, dict[str, Forward]] = {}
    for route in routes:
        if route.service not in settings.upstreams:
            raise MissingUpstreamError(f"WAYBILL_UPSTREAMS does not say where {route.service} is")
        address = settings.upstreams[route.service]
        upstream = Upstream(route.service, address, session, settings.answer_seconds)
        forward = Forward(route, upstream, settings.client_seconds)
        paths.setdefault(route.path, {})[route.method] = forward
    return paths


def main() -> None:
    """Be the service until it is told to stop."""
    run(GatewaySettings, assemble)
