"""Finds the addresses of a service: in the settings, in DNS, or in Consul.

    http://10.0.0.7:8000               this address
    http://a:8000,http://b:8000        these, in turns
    dns+http://orders.shop.svc:8000    every address that DNS has for the name, looked up again and
                                       again: a headless service of Kubernetes
    consul+http://orders               the instances that Consul reports as passing

A resolver that loses its source keeps the addresses that it knows.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from typing_extensions import override

from waybill.backoff import Backoff, pause

_log: Final = logging.getLogger(__name__)

LOOK_UP_EVERY_SECONDS: Final = 5.0
"""Kubernetes has removed a stopped pod from DNS by then, and its cache is as old."""
LOOK_UP_SECONDS: Final = 5.0

LookUp = Callable[[str, int], Awaitable[Sequence[tuple[Any, ...]]]]


class Resolver(Protocol):
    """Knows the addresses of one service."""

    @property
    def origins(self) -> Sequence[str]:
        """Return scheme, host and port of each: the same object until one of them changes."""
        ...

    @property
    def server_name(self) -> str | None:
        """The name in the certificates of the service, if it is not the host of an address."""
        ...


class FixedAddresses(Resolver):
    """Addresses that do not change while the process runs."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins: Final = tuple(origins)

    @property
    @override
    def origins(self) -> Sequence[str]:
        return self._origins

    @property
    @override
    def server_name(self) -> str | None:
        return None


class DnsAddresses(Resolver):
    """The addresses of a name, looked up every five seconds; a background part."""

    def __init__(self, origin: str, look_up: LookUp | None = None) -> None:
        """`origin` is scheme, name and port; `look_up` returns what `getaddrinfo` does."""
        parts = urlsplit(origin)
        self._scheme: Final = parts.scheme
        self._host: Final = parts.hostname or ""
        self._port: Final = parts.port or (443 if parts.scheme == "https" else 80)
        self._look_up: Final = look_up or _getaddrinfo
        self._origins: Sequence[str] = ()
        self.name: Final = f"addresses of {self._host}"

    @property
    @override
    def origins(self) -> Sequence[str]:
        return self._origins

    @property
    @override
    def server_name(self) -> str | None:
        return self._host

    async def run(self, stop: asyncio.Event) -> None:
        """Look the name up until `stop` is set."""
        backoff = Backoff(_log, self.name)
        while not stop.is_set():
            try:
                await self.refresh()
            except OSError as error:  # includes socket.gaierror and TimeoutError
                await backoff.wait(error, stop)
            else:
                backoff.reset()
                await pause(stop, LOOK_UP_EVERY_SECONDS)

    async def refresh(self) -> None:
        """Look the name up once. Raises OSError."""
        async with asyncio.timeout(LOOK_UP_SECONDS):
            found = await self._look_up(self._host, self._port)
        origins = tuple(sorted({self._origin(each[4][0]) for each in found}))
        if origins != self._origins:
            self._origins = origins

    def _origin(self, address: str) -> str:
        host = f"[{address}]" if ":" in address else address
        return f"{self._scheme}://{host}:{self._port}"


async def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
