"""asyncpg's side of the simulated PostgreSQL: connections over the network."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import asyncpg

from waybill_simulation.network import Machine, Network, here, resolve
from waybill_simulation.postgres.run import Record
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.session import Session, connect
from waybill_simulation.postgres.transaction_block import Answer


class _Protocol:
    """A cancelled statement closes a simulated connection, so none is ever being cancelled."""

    def _is_cancelling(self) -> bool:
        return False


class SimulatedConnection:
    """What `waybill.postgres` uses of a connection."""

    _protocol: Final = _Protocol()

    def __init__(self, network: Network, session: Session, machine: Machine) -> None:
        self._network = network
        self.session = session
        self._waiting: asyncio.Future[Any] | None = None
        self._arrives = 0.0
        self._is_closed = False
        session.on_end = self._lost
        machine.on_death.append(self.hang_up)

    def is_closed(self) -> bool:
        return self._is_closed

    def is_in_transaction(self) -> bool:
        return self.session.is_in_transaction

    async def fetch(self, sql: str, *arguments: object) -> list[Record]:
        return (await self._ask(sql, arguments))[1]

    async def fetchrow(self, sql: str, *arguments: object) -> Record | None:
        rows = (await self._ask(sql, arguments))[1]
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: object) -> object:
        rows = (await self._ask(sql, arguments))[1]
        return rows[0][0] if rows else None

    async def execute(self, sql: str, *arguments: object) -> str:
        return (await self._ask(sql, arguments))[0]

    async def add_listener(self, channel: str, heard: Callable[..., None]) -> None:
        await self._ask("SET listening", ())
        call = partial(self._network.loop.call_soon, heard)
        machine = here()

        def notified() -> None:
            if not machine.is_dead:
                self._network.deliver(self._network.hop(), call)

        self.session.listeners[channel] = notified

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002 (asyncpg's)
        self.hang_up()

    def terminate(self) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        """Close our end; the server finds out when all that was sent has arrived."""
        if not self._is_closed:
            self._is_closed = True
            after = max(0.0, self._arrives - self._network.loop.time())
            self._network.deliver(after + 1e-9, self.session.end)

    async def _ask(self, sql: str, arguments: tuple[Any, ...]) -> tuple[str, list[Record]]:
        if self._is_closed or self._network.is_over:
            raise asyncpg.InterfaceError("connection is closed")
        future = self._waiting = self._network.loop.create_future()
        seconds = self._network.question()
        self._arrives = self._network.loop.time() + seconds
        self._network.deliver(seconds, self._arrived, sql, arguments, future)
        self.session.is_asked = True
        try:
            answer: tuple[str, list[Record]] = await future
        except asyncio.CancelledError:
            self.hang_up()
            raise
        finally:
            self.session.is_asked = False
        return answer

    def _arrived(self, sql: str, arguments: tuple[Any, ...], future: "asyncio.Future[Any]") -> None:
        self.session.ask(sql, arguments, partial(self._replied, future))

    def _replied(self, future: "asyncio.Future[Any]", answer: Answer) -> None:
        self._network.deliver(self._network.hop(), resolve, future, answer)

    def _lost(self) -> None:
        """Find out that the server is gone: at once when an answer is waited for."""
        self._is_closed = True
        if self._waiting is not None:
            error = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle")
            resolve(self._waiting, error)


async def dial(network: Network, server: Server) -> SimulatedConnection:
    """Connect. Raises ConnectionRefusedError while the server is away."""
    if network.is_over:
        raise asyncpg.InterfaceError("it is over")
    await network.sleep(network.question())
    return SimulatedConnection(network, connect(server), here())
