"""Makes the calls that payments wait for, outside of any transaction.

    claim      a batch of due payments, in one statement: attempt counted, due again after a lease;
               as they are written, in the transaction that makes them due, when there is room
    call       the provider, each payment by itself, under the key of its operation
    record     the answers that are there, in one transaction: status, ledger, events

A call that is slow holds back nobody but itself: answers are recorded as they come. When the
process dies anywhere between claim and record, the lease runs out and the call is made again under
the same key; the provider then answers what it answered before. An answer that comes after the
lease changes nothing, when the other worker's is recorded.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from payments import store
from payments.calls import Caller
from payments.claims import Claims
from payments.commands.record_answers import Call, CallAgain, record_answers
from payments.domain import Operation, Payment
from payments.memory import Memory
from waybill.backoff import Backoff
from waybill.clock import Clock
from waybill.postgres import (
    ConcurrencyConflictError,
    Connection,
    Database,
    DatabaseUnavailableError,
    Transaction,
    connect,
)

_log: Final = logging.getLogger(__name__)

RECORDED_MAX: Final = 256
"""Answers in one transaction: enough to make its cost per answer small, few enough to be quick."""


class Worker:
    """A background part of the service; each replica runs one.

    It claims on a connection of its own, on which it also hears that calls have come due.
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
        self._database = database
        self._database_url = database_url
        self._caller = caller
        self._clock = clock
        self._lease = lease
        self._calls_max = calls_max
        self._poll_seconds = poll.total_seconds()
        self.memory = Memory()
        """Payments whose authorization was recorded last."""
        self._claim_backoff = Backoff(_log, "cannot look for due calls")
        self._record_backoff = Backoff(_log, "cannot record the provider's answers")
        self._woken = asyncio.Event()
        self._answered = asyncio.Event()
        self._answers: list[Call] = []
        self._calls: asyncio.TaskGroup | None = None
        self._in_hand = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then end the calls in hand and record their answers."""
        calls_ended = asyncio.Event()
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._wake_at(stop))
            parts.create_task(self._keep_recording(stop, calls_ended))
            async with asyncio.TaskGroup() as calls:
                self._calls = calls
                await self._keep_claiming(stop)
                self._calls = None
            calls_ended.set()
            self._answered.set()

    def claims(self, tx: Transaction, now: datetime) -> Claims:
        """Claim in this transaction what comes due at `now`, for this process as far as it can."""
        return Claims(
            tx,
            room=max(0, self._calls_max - self._in_hand) if self._calls else 0,
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
            free = max(0, self._calls_max - self._in_hand)
            claimed = await store.claim(connection, self._clock.now(), self._lease, free)
            self._claim_backoff.reset()
            self._begin(claimed)
            if free == 0 or len(claimed) < free:
                await self._wait()

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()

    def _begin(self, claimed: Sequence[Payment]) -> None:
        if self._calls is None:
            return  # it has stopped meanwhile: the leases run out
        for payment in claimed:
            if payment.operation is None:
                raise ValueError(f"payment {payment.payment_id} is due, but waits for no operation")
            self._in_hand += 1
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
                await self._record(batch, stop)
                self._in_hand -= len(batch)
                self._follow(batch)

    def _follow(self, batch: Sequence[Call]) -> None:
        """Look for due calls when there was no room for them, and when the next ones are due."""
        if self._in_hand + len(batch) >= self._calls_max:
            self._woken.set()
        now = self._clock.now()
        for due_at in {call.answer.due_at for call in batch if isinstance(call.answer, CallAgain)}:
            seconds = max(0.0, (due_at - now).total_seconds())
            asyncio.get_running_loop().call_later(seconds, self._woken.set)

    async def _record(self, batch: Sequence[Call], stop: asyncio.Event) -> None:
        """Record answers. One that cannot be recorded costs none of the others."""
        try:
            await self._record_when_database_is_there(batch, stop)
        except Exception:  # noqa: BLE001 (found out one by one)
            if len(batch) == 1:
                extra = {"payment_id": batch[0].payment.payment_id}
                _log.exception("cannot record an answer; the call will be repeated", extra=extra)
                return
            for call in batch:
                await self._record([call], stop)

    async def _record_when_database_is_there(
        self, batch: Sequence[Call], stop: asyncio.Event
    ) -> None:
        optimistic = True
        while True:
            try:
                async with self._database.transaction(optimistic=optimistic) as tx:
                    now = self._clock.now()
                    await record_answers(tx, batch, now, self.claims(tx, now), self.memory)
            except ConcurrencyConflictError:
                if not optimistic:
                    raise
                optimistic = False  # a payment is not any more as it was claimed
            except DatabaseUnavailableError as error:
                if stop.is_set():
                    return  # the leases run out, and the calls are made again
                await self._record_backoff.wait(error, stop)
            else:
                self._record_backoff.reset()
                return
