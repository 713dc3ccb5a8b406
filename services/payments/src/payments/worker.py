"""Calls the provider for due payments, outside of any transaction.

    claim      due payments in one statement, which counts the attempt and takes a lease; or in the
               transaction that makes them due, if this process can make more calls
    call       the provider, once for each payment, with the idempotency key of the operation
    record     the available answers in one transaction: status, ledger, events

A slow call does not delay other payments: answers are recorded as they arrive. If the process stops
between claim and record, the lease expires and another call is made with the same key; the provider
repeats its first response. An answer that arrives after the lease changes nothing if another worker
has recorded one.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakSet

from payments import store
from payments.calls import Caller
from payments.claims import Claims
from payments.commands.record_answers import Call, CallAgain
from payments.domain import Operation, Payment
from payments.memory import Memory
from payments.metrics import RUNNING, RUNNING_MAX
from payments.recorder import AnswerRecorder
from waybill.backoff import Backoff
from waybill.clock import Clock
from waybill.metrics import Sample, read_by
from waybill.postgres import (
    Connection,
    Database,
    DatabaseUnavailableError,
    Transaction,
    connect,
)

_log: Final = logging.getLogger(__name__)

RECORDED_MAX: Final = 256
"""Answers in one transaction: enough to make its cost per answer small, few enough to be quick."""


_WORKERS: Final[WeakSet["Worker"]] = WeakSet()
"""Those that run: of a service's two processes, one has a worker that does not."""


class Worker:
    """A background part of the service; each replica runs one.

    It claims on its own connection and listens there for notifications of due calls.
    """

    name: Final = "provider calls"

    def __init__(
        self,
        database: Database,
        database_url: str,
        caller: Caller,
        clock: Clock,
        *,
        lease: timedelta,
        calls_max: int,
        poll: timedelta,
    ) -> None:
        self._database_url = database_url
        self._caller = caller
        self._clock = clock
        self._lease = lease
        self._calls_max = calls_max
        self._poll_seconds = poll.total_seconds()
        self.memory = Memory()
        """The payments whose authorization was recorded last."""
        self._claim_backoff = Backoff(_log, "cannot query due calls")
        self._recorder = AnswerRecorder(database, clock, self.claims, self.memory)
        self._woken = asyncio.Event()
        self._answered = asyncio.Event()
        self._answers: list[Call] = []
        self._calls: asyncio.TaskGroup | None = None
        self._in_flight = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then complete the calls in progress and record their answers."""
        calls_ended = asyncio.Event()
        _WORKERS.add(self)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._wake_at(stop))
            parts.create_task(self._keep_recording(stop, calls_ended))
            async with asyncio.TaskGroup() as calls:
                self._calls = calls
                await self._keep_claiming(stop)
                self._calls = None
            calls_ended.set()
            self._answered.set()
        _WORKERS.discard(self)

    def readings(self) -> Iterator[Sample]:
        """Read how busy it is."""
        yield RUNNING.of(self._in_flight)
        yield RUNNING_MAX.of(self._calls_max)

    def claims(self, tx: Transaction, now: datetime) -> Claims:
        """Return the claims of a transaction, for calls that become due at `now`."""
        return Claims(
            tx,
            room=max(0, self._calls_max - self._in_flight) if self._calls else 0,
            now=now,
            until=now + self._lease,
            begin=self._begin,
            leave=store.notify_due,
        )

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _keep_claiming(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with connect(self._database_url, name="payments worker") as connection:
                    await store.listen_for_due(connection, self._woken.set)
                    await self._claim_on(connection, stop)
            except DatabaseUnavailableError as error:
                await self._claim_backoff.wait(error, stop)

    async def _claim_on(self, connection: Connection, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._woken.clear()
            free = max(0, self._calls_max - self._in_flight)
            claimed = await store.claim(connection, self._clock.now(), self._lease, free)
            self._claim_backoff.reset()
            self._begin(claimed)
            if free == 0 or len(claimed) < free:
                await self._wait_for_due_calls()

    async def _wait_for_due_calls(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()

    def _begin(self, claimed: Sequence[Payment]) -> None:
        if self._calls is None:
            return  # the worker has stopped; the leases expire
        for payment in claimed:
            if payment.operation is None:
                raise ValueError(f"payment {payment.payment_id} is due but waits for no operation")
            self._in_flight += 1
            self._calls.create_task(self._call(payment, payment.operation))

    async def _call(self, payment: Payment, operation: Operation) -> None:
        call = await self._caller.call(payment, operation)
        self._answers.append(call)
        self._answered.set()

    async def _keep_recording(self, stop: asyncio.Event, calls_ended: asyncio.Event) -> None:
        while self._answers or not calls_ended.is_set():
            await self._answered.wait()
            self._answered.clear()
            while self._answers:
                batch = self._answers[:RECORDED_MAX]
                del self._answers[:RECORDED_MAX]
                await self._recorder.record(batch, stop)
                self._in_flight -= len(batch)
                self._schedule_wake_ups(batch)

    def _schedule_wake_ups(self, batch: Sequence[Call]) -> None:
        """Query due calls if the limit prevented claims, and when the next retries are due."""
        if self._in_flight + len(batch) >= self._calls_max:
            self._woken.set()
        now = self._clock.now()
        for due_at in {call.answer.due_at for call in batch if isinstance(call.answer, CallAgain)}:
            seconds = max(0.0, (due_at - now).total_seconds())
            asyncio.get_running_loop().call_later(seconds, self._woken.set)


@read_by
def _readings() -> Iterator[Sample]:
    return (sample for worker in list(_WORKERS) for sample in worker.readings())
