"""Makes the calls that payments wait for, outside of any transaction.

    claim      a batch of due payments, in one transaction: attempt counted, due again after a lease
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
from datetime import timedelta
from typing import Final

from payments import store
from payments.backoff import Backoff
from payments.calls import Caller
from payments.commands.record_answers import Call, CallAgain, record_answers
from payments.domain import Payment
from waybill.clock import Clock
from waybill.database import Database, DatabaseUnavailableError

log: Final = logging.getLogger(__name__)

RECORDED_MAX: Final = 256
"""Answers in one transaction: enough to make its cost per answer small, few enough to be quick."""

_AWAY: Final = Backoff(timedelta(milliseconds=100), timedelta(seconds=5))
"""How long to leave a database alone that is away."""


class Worker:
    """A background part of the service; several replicas may each run one."""

    name: Final = "provider calls"

    def __init__(
        self,
        database: Database,
        caller: Caller,
        clock: Clock,
        *,
        lease: timedelta,
        calls_max: int,
        poll: timedelta,
    ) -> None:
        self._database = database
        self._caller = caller
        self._clock = clock
        self._lease = lease
        self._calls_max = calls_max
        self._poll_seconds = poll.total_seconds()
        self._woken = asyncio.Event()
        self._answered = asyncio.Event()
        self._answers: list[Call] = []
        self._in_hand = 0

    def wake(self) -> None:
        """Look for due calls now. Call it from the event loop, when they are committed."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then end the calls in hand and record their answers."""
        calls_ended = asyncio.Event()
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._wake_at(stop))
            parts.create_task(self._keep_recording(stop, calls_ended))
            async with asyncio.TaskGroup() as calls:
                await self._keep_claiming(stop, calls)
            calls_ended.set()
            self._answered.set()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.wake()

    async def _keep_claiming(self, stop: asyncio.Event, calls: asyncio.TaskGroup) -> None:
        failures = 0
        while not stop.is_set():
            self._woken.clear()
            free = self._calls_max - self._in_hand
            try:
                claimed = await self._claim(free) if free else []
                failures = 0
            except DatabaseUnavailableError as error:
                failures += 1
                log.warning("cannot look for due calls: %s", error)
                await _sleep(_AWAY.after(failures), stop)
                continue
            for payment in claimed:
                calls.create_task(self._call(payment))
            if free == 0 or len(claimed) < free:
                await self._wait()

    async def _claim(self, limit: int) -> list[Payment]:
        async with self._database.transaction() as tx:
            claimed = await store.claim(tx, self._clock.now(), self._lease, limit)
        self._in_hand += len(claimed)
        return claimed

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()

    async def _call(self, payment: Payment) -> None:
        operation = payment.operation
        if operation is not None:
            self._answers.append(await self._caller.call(payment, operation))
            self._answered.set()

    async def _keep_recording(self, stop: asyncio.Event, calls_ended: asyncio.Event) -> None:
        while not (calls_ended.is_set() and not self._answers):
            await self._answered.wait()
            self._answered.clear()
            while self._answers:
                batch, self._answers = (
                    self._answers[:RECORDED_MAX],
                    self._answers[RECORDED_MAX:],
                )
                await self._record(batch, stop)
                self._in_hand -= len(batch)
                self._plan(batch)

    def _plan(self, batch: Sequence[Call]) -> None:
        """Wake for what follows: places are free, operations may follow, calls come due again."""
        self.wake()
        now = self._clock.now()
        again = [call.answer.due_at for call in batch if isinstance(call.answer, CallAgain)]
        for due_at in sorted(set(again)):
            seconds = (due_at - now).total_seconds()
            asyncio.get_running_loop().call_later(max(0.0, seconds), self.wake)

    async def _record(self, batch: Sequence[Call], stop: asyncio.Event) -> None:
        """Record answers. One that cannot be recorded costs none of the others."""
        try:
            await self._record_when_database_is_there(batch, stop)
        except Exception:
            if len(batch) == 1:
                extra = {"payment_id": batch[0].payment_id}
                log.exception("cannot record an answer; the call will be repeated", extra=extra)
                return
            for call in batch:
                await self._record([call], stop)

    async def _record_when_database_is_there(
        self, batch: Sequence[Call], stop: asyncio.Event
    ) -> None:
        failures = 0
        while True:
            try:
                async with self._database.transaction() as tx:
                    await record_answers(tx, batch, self._clock.now())
            except DatabaseUnavailableError as error:
                failures += 1
                log.warning("cannot record %d answers: %s", len(batch), error)
                if stop.is_set():
                    return  # the leases run out, and the calls are made again
                await _sleep(_AWAY.after(failures), stop)
            else:
                return


async def _sleep(delay: timedelta, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(delay.total_seconds()):
            await stop.wait()
