"""Assembles the gateway."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import Final

import aiohttp
import orjson

from gateway.api_keys import ApiKeys
from gateway.client_addresses import ClientAddresses
from gateway.compression import Compression
from gateway.contract.identity_client import IdentityClient
from gateway.forward import Forward
from gateway.guards import Guard
from gateway.limits import Limits, limits_of
from gateway.metrics import LIMIT_STORE_UP, LIMITED, UPSTREAM_UP
from gateway.response_fields import ResponseFields
from gateway.routes import read_rate_limits, read_routes
from gateway.settings import GatewaySettings
from gateway.uploads import Uploads
from gateway.upstream import Upstream, open_session
from waybill.app import Service, build, run, serves
from waybill.calls import Directory
from waybill.metrics import Sample
from waybill.process.admission import admission_of

_CONTRACT: Final = files("gateway.contract")
_MERGED: Final = orjson.loads(_CONTRACT.joinpath("openapi.json").read_bytes())
_ROUTES: Final = read_routes(_MERGED)


@serves(_CONTRACT, [route.operation for route in _ROUTES])
async def assemble(settings: GatewaySettings) -> Service:
    """Forward each operation of the merged contract. Raises MissingUpstreamError."""
    # The issuer may be the service identity, which everybody reaches through the gateway.
    admission = admission_of(settings, leads_to_issuer=True)
    limits = limits_of(settings, read_rate_limits(_MERGED), _ROUTES)
    addresses = ClientAddresses(settings.trusted_networks)
    directory = settings.directory()
    session = open_session(settings, settings.upstream_connections_max)
    streams = open_session(settings, settings.streams_max)
    upstreams = upstreams_of(settings, directory, session)
    keys = ApiKeys(IdentityClient(directory.client("identity"))) if settings.issuer else None
    guards = {
        route.id: Guard(route, admission.access, limits, addresses, keys) for route in _ROUTES
    }
    return Service(
        endpoints=forwards(settings, guards, upstreams, streams),
        in_each_process=[
            *admission.parts,
            *directory.parts,
            *([limits.store] if limits.store else ()),
        ],
        checks=admission.checks,
        layers=(
            Compression,
            partial(
                ResponseFields,
                addresses=addresses,
                cors_origins=settings.allowed_origins,
                hsts_seconds=settings.hsts_seconds,
            ),
        ),
        gauges=partial(readings_of, upstreams.values(), limits),
        closing=(session.close, streams.close, directory.close),
    )


def upstreams_of(
    settings: GatewaySettings, directory: Directory, session: aiohttp.ClientSession
) -> Mapping[str, Upstream]:
    """Return the services of the contract, by name. Raises MissingUpstreamError."""
    return {
        name: Upstream(directory.targets(name), session, settings.answer_seconds)
        for name in dict.fromkeys(route.service for route in _ROUTES)
    }


def forwards(
    settings: GatewaySettings,
    guards: Mapping[str, Guard],
    upstreams: Mapping[str, Upstream],
    streams: aiohttp.ClientSession,
) -> Mapping[str, Forward]:
    """Give what answers each operation. Streams have connections of their own."""
    uploads = Uploads(settings.client_seconds, settings.uploads_max)
    found: dict[str, Forward] = {}
    for route in _ROUTES:
        upstream = upstreams[route.service]
        if route.is_stream:
            upstream = replace(upstream, session=streams)
        found[route.id] = Forward(
            route, guards[route.id], upstream, uploads, settings.client_seconds
        )
    return found


def readings_of(upstreams: Iterable[Upstream], limits: Limits) -> Iterator[Sample]:
    """Say which services count as down, whether the store of limits answers, and who is limited."""
    for each in upstreams:
        yield UPSTREAM_UP.of(each.targets.is_up, each.name)
    if limits.store:
        yield LIMIT_STORE_UP.of(limits.store.is_up)
    for name, limit in limits.of_class.items():
        yield LIMITED.of(limit.refusals, name)


app = build(GatewaySettings, assemble)


def main() -> None:
    """Run the service until it receives a stop signal."""
    run(app)
