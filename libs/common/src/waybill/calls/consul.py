"""Finds the instances of a service by Consul's HTTP interface.

`GET /v1/health/service/NAME?passing=true` answers with the instances whose checks pass. With the
`index` of the last answer it waits until something has changed, at most `wait` (a blocking query:
https://developer.hashicorp.com/consul/api-docs/features/blocking).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from typing_extensions import override

from waybill.backoff import Backoff, pause
from waybill.calls.resolvers import Resolver

_log: Final = logging.getLogger(__name__)

WAIT_SECONDS: Final = 30
ANSWER_SECONDS: Final = WAIT_SECONDS * 17 / 16 + 5
"""Consul adds up to a sixteenth to the time that it was asked to wait."""

PAUSE_SECONDS: Final = 0.2
"""Between two queries, for a service that changes all the time."""


class ConsulError(Exception):
    """Consul does not answer as its interface says."""


@dataclass(frozen=True, slots=True)
class Consul:
    """An agent: its address, and the token for its access lists."""

    origin: str
    token: str | None = field(default=None, repr=False)


class ConsulAddresses(Resolver):
    """The instances of a service that pass their checks; a background part."""

    def __init__(self, service: str, scheme: str, consul: Consul) -> None:
        self._service: Final = service
        self._scheme: Final = scheme
        self._consul: Final = consul
        self._index = 0
        self._origins: Sequence[str] = ()
        self.name: Final = f"instances of {service} in Consul"

    @property
    @override
    def origins(self) -> Sequence[str]:
        return self._origins

    @property
    @override
    def server_name(self) -> str | None:
        return self._service

    async def run(self, stop: asyncio.Event) -> None:
        """Ask Consul until `stop` is set."""
        backoff = Backoff(_log, self.name)
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            stopped = tasks.create_task(stop.wait())
            while not stop.is_set():
                asking = tasks.create_task(self._try(session))
                await asyncio.wait((asking, stopped), return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    asking.cancel()
                elif (error := asking.result()) is None:
                    backoff.reset()
                    await pause(stop, PAUSE_SECONDS)
                else:
                    await backoff.wait(error, stop)

    async def _try(self, session: aiohttp.ClientSession) -> Exception | None:
        try:
            await self.refresh(session)
        except (aiohttp.ClientError, TimeoutError, ConsulError) as error:
            self._index = 0  # the next query answers at once
            return error
        return None

    async def refresh(self, session: aiohttp.ClientSession) -> None:
        """Ask once; after the first answer, until something has changed.

        Raises ConsulError, an error of aiohttp or TimeoutError.
        """
        url = f"{self._consul.origin}/v1/health/service/{quote(self._service, safe='')}"
        query = {"passing": "true"}
        if self._index:
            query |= {"index": str(self._index), "wait": f"{WAIT_SECONDS}s"}
        token = self._consul.token
        headers = {"X-Consul-Token": token} if token else {}
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with session.get(url, params=query, headers=headers, timeout=timeout) as response:
            if response.status != 200:
                raise ConsulError(f"{url} answers with status {response.status}")
            try:
                origins = tuple(sorted({self._origin(each) for each in await response.json()}))
                index = int(response.headers["X-Consul-Index"])
            except (ValueError, KeyError, TypeError) as error:
                raise ConsulError(f"{url} does not answer as Consul does: {error!r}") from error
        # An index that has gone back, after a restore, is not one to wait for; 0 would not wait.
        self._index = max(1, index) if index >= self._index else 0
        if origins != self._origins:
            self._origins = origins

    def _origin(self, entry: Mapping[str, Any]) -> str:
        """Return the address of an instance; without one of its own, it is that of its node."""
        host = entry["Service"]["Address"] or entry["Node"]["Address"]
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{entry['Service']['Port']}"
