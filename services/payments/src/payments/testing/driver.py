"""Drives payments in tests: handles commands as the consumer does, and runs workers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from pydantic import BaseModel

from payments import queries
from payments.backoff import Backoff
from payments.calls import Caller
from payments.contract.models import Payment
from payments.contract.received import AuthorizeSealedPayment, CapturePayment, ReversePayment
from payments.contract.shared import Money
from payments.event_handlers import EventHandlers
from payments.provider import (
    Provider,
)
from payments.sandbox import TOK_APPROVE
from payments.testing.fake_provider import FakeProvider
from payments.worker import Worker
from waybill.clock import Clock
from waybill.events import Event
from waybill.ids import uuid7
from waybill.postgres import ConcurrencyConflictError, Database, Transaction
from waybill.sealing import Seals

T = TypeVar("T", bound=BaseModel)

LEASE: Final = timedelta(seconds=30)
TRACEPARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class PaymentsDriver:
    """Handles commands as the consumer does, and reads the results."""

    def __init__(self, database: Database, database_url: str, clock: Clock, seals: Seals) -> None:
        self._database = database
        self._database_url = database_url
        self._clock = clock
        self._seals = seals
        # This worker never runs: the workers of the test make the calls.
        self._event_handlers = EventHandlers(clock, self.worker(FakeProvider()))
        self._sent = asyncio.Event()
        database.on_sent = lambda _: self._sent.set()

    def use_worker(self, worker: Worker) -> None:
        """Let this worker claim the due calls of the commands, as in the service."""
        self._event_handlers = EventHandlers(self._clock, worker)

    def worker(
        self,
        provider: Provider,
        *,
        calls_max: int = 50,
        timeout: timedelta = LEASE / 2,
        poll: timedelta = timedelta(milliseconds=20),
    ) -> Worker:
        """Create a worker with the clock of this driver."""
        backoff = Backoff(timedelta(milliseconds=1), timedelta(milliseconds=10))
        return Worker(
            self._database,
            self._database_url,
            Caller(provider, self._clock, self._seals, timeout=timeout, backoff=backoff),
            self._clock,
            lease=LEASE,
            calls_max=calls_max,
            poll=poll,
        )

    async def authorize(
        self, *order_ids: UUID, amount_minor: int = 1530, token: str = TOK_APPROVE
    ) -> None:
        amount = Money(amount_minor=amount_minor, currency="GBP")
        commands = [
            AuthorizeSealedPayment(
                order_id=order_id,
                amount=amount,
                sealed_token=self._seals.seal(token, order_id.bytes),
            )
            for order_id in order_ids
        ]
        events = self._events(order_ids, commands)
        await self._handle(lambda tx: self._event_handlers.authorize_sealed_payment(tx, events))

    async def capture(self, *order_ids: UUID) -> None:
        commands = [CapturePayment(order_id=order_id) for order_id in order_ids]
        events = self._events(order_ids, commands)
        await self._handle(lambda tx: self._event_handlers.capture_payment(tx, events))

    async def reverse(self, *order_ids: UUID) -> None:
        commands = [ReversePayment(order_id=order_id) for order_id in order_ids]
        events = self._events(order_ids, commands)
        await self._handle(lambda tx: self._event_handlers.reverse_payment(tx, events))

    async def _handle(self, handler: Callable[[Transaction], Awaitable[None]]) -> None:
        """Use an optimistic transaction, then a normal one after a conflict, like the consumer."""
        try:
            async with self._database.transaction(optimistic=True) as tx:
                await handler(tx)
        except ConcurrencyConflictError:
            async with self._database.transaction() as tx:
                await handler(tx)

    async def payment(self, order_id: UUID) -> Payment:
        async with self._database.connection() as connection:
            payment = await queries.get_payment_of_order(connection, order_id, None)
        if payment is None:
            raise LookupError(f"no payment for order {order_id}")
        return payment

    async def published(self, order_id: UUID) -> list[str]:
        """Return the events of an order, oldest first, as "payment-authorized" and so on."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select type from outbox where key = $1 order by position", str(order_id)
            )
        return [row["type"].removeprefix("payments.").removesuffix(".v1") for row in rows]

    async def wait_until_sent(self) -> None:
        """Wait for the next commit that sends events, without a query."""
        await self._sent.wait()
        self._sent.clear()

    async def wait_until_published(self, fact: str, *order_ids: UUID) -> None:
        """Wait until each of the orders has an event of this kind."""
        for order_id in order_ids:
            while fact not in await self.published(order_id):
                await self.wait_until_sent()

    async def balances(self, *order_ids: UUID) -> dict[str, int]:
        """Return the sum of each account of the ledger over these orders."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select account, sum(entry.amount_minor)::bigint as sum "
                "from ledger_entries as entry join payments using (payment_id) "
                "where order_id = any($1) group by account",
                order_ids,
            )
        return {row["account"]: row["sum"] for row in rows}

    def _events(self, order_ids: Sequence[UUID], commands: Sequence[T]) -> list[Event[T]]:
        return [
            Event(
                id=uuid7(),
                type="command",
                source="orders",
                time=self._clock.now(),
                key=str(order_id),
                data=command,
                traceparent=TRACEPARENT,
            )
            for order_id, command in zip(order_ids, commands, strict=True)
        ]


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    """Run workers during the block, then let them finish their calls."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()
