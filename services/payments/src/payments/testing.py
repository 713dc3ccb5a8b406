"""For tests: a provider in memory, and a desk that commands payments as the consumer does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from typing_extensions import override

from payments import queries
from payments.backoff import Backoff
from payments.calls import Caller
from payments.contract.models import DeclineCode, Payment
from payments.contract.received import AuthorizePayment, CapturePayment, ReversePayment
from payments.contract.shared import Money
from payments.domain import Operation
from payments.event_handlers import EventHandlers
from payments.provider import (
    Approved,
    Authorization,
    Authorized,
    Declined,
    Hold,
    Provider,
    ProviderRefusedError,
    ProviderTimeoutError,
    Settled,
)
from payments.sandbox import TOK_APPROVE, TOK_DECLINE, TOK_TIMEOUT_THEN_APPROVED
from payments.worker import Worker
from waybill.clock import Clock
from waybill.events import Event
from waybill.ids import uuid7
from waybill.postgres import ConcurrencyConflictError, Database, Transaction

T = TypeVar("T", bound=BaseModel)

LEASE: Final = timedelta(seconds=30)
TRACEPARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

_NEEDS: Final = {
    Operation.CAPTURE: Operation.AUTHORIZE,
    Operation.VOID: Operation.AUTHORIZE,
    Operation.REFUND: Operation.CAPTURE,
}


class Gate:
    """Where calls of one operation stop, after the provider has done it and before it answers."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._open = asyncio.Event()

    def open(self) -> None:
        """Let those who wait go on, and all who come."""
        self._open.set()

    async def pass_through(self) -> None:
        """Stop here until the gate is open."""
        self.reached.set()
        await self._open.wait()


@dataclass(frozen=True, slots=True)
class FakeBooks:
    """What a provider did: by idempotency key, and by payment."""

    done: dict[str, Approved | Declined] = field(default_factory=dict)
    approved: set[tuple[UUID, Operation]] = field(default_factory=set)


class FakeProvider(Provider):
    """A provider in memory; knows the sandbox's tokens to approve, decline, lose an answer."""

    def __init__(self, books: FakeBooks | None = None) -> None:
        self.books = books or FakeBooks()
        self.calls: list[str] = []
        """The idempotency key of each call, in the order they came."""
        self.gates: dict[Operation, Gate] = {}
        self.refuses: set[Operation] = set()
        self._called = asyncio.Event()

    async def called(self, times: int) -> None:
        """Wait until that many calls have come."""
        while len(self.calls) < times:
            await self._called.wait()
            self._called.clear()

    def gate(self, operation: Operation) -> Gate:
        """Make calls of this operation stop at a gate."""
        return self.gates.setdefault(operation, Gate())

    @override
    async def authorize(self, wanted: Authorization, *, idempotency_key: str) -> Authorized:
        known = idempotency_key in self.books.done
        declined = Declined(DeclineCode.CARD_DECLINED) if wanted.token == TOK_DECLINE else None
        answer = await self._do(Operation.AUTHORIZE, wanted.payment_id, idempotency_key, declined)
        if wanted.token == TOK_TIMEOUT_THEN_APPROVED and not known:
            raise ProviderTimeoutError("the answer got lost")
        return answer

    @override
    async def capture(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.CAPTURE, hold, idempotency_key)

    @override
    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.VOID, hold, idempotency_key)

    @override
    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.REFUND, hold, idempotency_key)

    async def _settle(self, operation: Operation, hold: Hold, idempotency_key: str) -> Settled:
        possible = (hold.payment_id, _NEEDS[operation]) in self.books.approved
        if operation in self.refuses or not possible:
            self._count(idempotency_key)
            raise ProviderRefusedError(f"cannot {operation}")
        answer = await self._do(operation, hold.payment_id, idempotency_key, None)
        if isinstance(answer, Declined):
            raise TypeError("only authorizations are declined")
        return answer

    async def _do(
        self, operation: Operation, payment_id: UUID, key: str, declined: Declined | None
    ) -> Approved | Declined:
        self._count(key)
        answer = self.books.done.setdefault(key, declined or Approved(f"fake-{key}"))
        if isinstance(answer, Approved):
            self.books.approved.add((payment_id, operation))
        if operation in self.gates:
            await self.gates[operation].pass_through()
        return answer

    def _count(self, key: str) -> None:
        self.calls.append(key)
        self._called.set()


class Desk:
    """Gives commands in the way the consumer does, and looks at what came of them."""

    def __init__(self, database: Database, database_url: str, clock: Clock) -> None:
        self._database = database
        self._database_url = database_url
        self._clock = clock
        # Nobody runs this one: what comes due is left to the workers of the test.
        self._reactions = EventHandlers(clock, self.worker(FakeProvider()))
        self._sent = asyncio.Event()
        database.on_sent = lambda _: self._sent.set()

    def give_to(self, worker: Worker) -> None:
        """Let this worker claim what the commands make due, as in a service."""
        self._reactions = EventHandlers(self._clock, worker)

    def worker(
        self,
        provider: Provider,
        *,
        calls_max: int = 50,
        timeout: timedelta = LEASE / 2,
        poll: timedelta = timedelta(milliseconds=20),
    ) -> Worker:
        """Make a worker that works by the desk's clock."""
        backoff = Backoff(timedelta(milliseconds=1), timedelta(milliseconds=10))
        return Worker(
            self._database,
            self._database_url,
            Caller(provider, self._clock, timeout=timeout, backoff=backoff),
            self._clock,
            lease=LEASE,
            calls_max=calls_max,
            poll=poll,
        )

    async def authorize(
        self, *order_ids: UUID, amount_minor: int = 1530, token: str = TOK_APPROVE
    ) -> None:
        amount = Money(amount_minor=amount_minor, currency="GBP")
        commands = [AuthorizePayment(order_id=i, amount=amount, token=token) for i in order_ids]
        events = self._events(order_ids, commands)
        await self._deal(lambda tx: self._reactions.authorize_payment(tx, events))

    async def capture(self, *order_ids: UUID) -> None:
        commands = [CapturePayment(order_id=order_id) for order_id in order_ids]
        events = self._events(order_ids, commands)
        await self._deal(lambda tx: self._reactions.capture_payment(tx, events))

    async def reverse(self, *order_ids: UUID) -> None:
        commands = [ReversePayment(order_id=order_id) for order_id in order_ids]
        events = self._events(order_ids, commands)
        await self._deal(lambda tx: self._reactions.reverse_payment(tx, events))

    async def _deal(self, react: Callable[[Transaction], Awaitable[None]]) -> None:
        """Take the commands for new, as the consumer does, and then not."""
        try:
            async with self._database.transaction(optimistic=True) as tx:
                await react(tx)
        except ConcurrencyConflictError:
            async with self._database.transaction() as tx:
                await react(tx)

    async def payment(self, order_id: UUID) -> Payment:
        async with self._database.connection() as connection:
            payment = await queries.get_payment_of_order(connection, order_id)
        if payment is None:
            raise LookupError(f"no payment for order {order_id}")
        return payment

    async def told(self, order_id: UUID) -> list[str]:
        """Return what was told of an order, in order: "payment-authorized" and so on."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select type from outbox where key = $1 order by position", str(order_id)
            )
        return [row["type"].removeprefix("payments.").removesuffix(".v1") for row in rows]

    async def until_sent(self) -> None:
        """Wait until something is told that was not waited for yet, without asking the database."""
        await self._sent.wait()
        self._sent.clear()

    async def until_told(self, fact: str, *order_ids: UUID) -> None:
        """Wait until the fact is told of each of the orders."""
        for order_id in order_ids:
            while fact not in await self.told(order_id):
                await self.until_sent()

    async def balances(self, *order_ids: UUID) -> dict[str, int]:
        """Return what the ledger has for these orders: the sum of each account."""
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
    """Run workers for the length of the block, then let them finish what they have in hand."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()
