"""The services that a process calls: their addresses, and clients of them."""

import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp

from waybill.calls.client import ServiceClient, Waiting
from waybill.calls.consul import Consul, ConsulAddresses
from waybill.calls.limits import CALLS_MAX
from waybill.calls.resolvers import DnsAddresses, FixedAddresses, Resolver
from waybill.calls.targets import Targets
from waybill.calls.transport import open_session

CONNECT_SECONDS: Final = 2.0
"""A lost packet is sent again after 1 s."""

_ORIGIN: Final = r"https?://[^/?#@\s,+]+"
_ADDRESS: Final = re.compile(rf"({_ORIGIN})(,{_ORIGIN})*|(dns|consul)\+{_ORIGIN}")


class MissingUpstreamError(Exception):
    """The settings lack the address of a service."""


def check_address(address: str) -> str:
    """Return an address of a service; the forms are in resolvers.py. Raises ValueError."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError(
            "an address is http://host:port without a path, several of these with commas between, "
            "dns+http://name:port or consul+http://service; https likewise"
        )
    return address


def needs_consul(address: str) -> bool:
    """Whether Consul has to be asked for an address."""
    return address.startswith("consul+")


class Directory:
    """Finds services by their names in the contracts."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        *,
        consul: Consul | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.parts: Final[list[DnsAddresses | ConsulAddresses]] = []
        """What has to run in the background of each process that calls."""
        self._addresses: Final = addresses
        self._consul: Final = consul
        self._tls: Final = tls
        self._targets: Final[dict[str, Targets]] = {}
        self._session: aiohttp.ClientSession | None = None

    def targets(self, service: str) -> Targets:
        """Return the addresses of a service. Raises MissingUpstreamError."""
        if service not in self._addresses:
            raise MissingUpstreamError(f"WAYBILL_UPSTREAMS lacks the address of {service}")
        if service not in self._targets:
            resolver = self._resolver(self._addresses[service])
            self._targets[service] = Targets(service, resolver)
        return self._targets[service]

    def client(
        self,
        service: str,
        *,
        token: Callable[[], Awaitable[str]] | None = None,
        waiting: Waiting | None = None,
    ) -> ServiceClient:
        """Return a client of a service, within a running loop. Raises MissingUpstreamError.

        `token` gives the access token of this service, for operations that need one.
        """
        if self._session is None:
            self._session = open_session(
                tls=self._tls, connections_max=CALLS_MAX, connect_seconds=CONNECT_SECONDS
            )
        return ServiceClient(
            targets=self.targets(service),
            session=self._session,
            token=token,
            waiting=waiting or Waiting(),
        )

    async def close(self) -> None:
        """Close the connections of all clients."""
        if self._session is not None:
            await self._session.close()

    def _resolver(self, address: str) -> Resolver:
        kind, _, origin = address.rpartition("+")
        if not kind:
            return FixedAddresses(address.split(","))
        if kind == "dns":
            found: DnsAddresses | ConsulAddresses = DnsAddresses(origin)
        elif self._consul is None:
            raise MissingUpstreamError(f"WAYBILL_CONSUL is needed for {address}")
        else:
            scheme, _, service = origin.partition("://")
            found = ConsulAddresses(service, scheme, self._consul)
        self.parts.append(found)
        return found
