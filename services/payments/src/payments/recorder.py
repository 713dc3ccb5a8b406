"""Records the answers of provider calls, and retries while the database is unavailable."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from payments.claims import Claims
from payments.commands.record_answers import Call, record_answers
from payments.memory import Memory
from waybill import spans
from waybill.backoff import Backoff
from waybill.clock import Clock
from waybill.postgres import (
    ConcurrencyConflictError,
    Database,
    DatabaseUnavailableError,
    Transaction,
)

_log: Final = logging.getLogger(__name__)


class AnswerRecorder:
    """Records batches of answers. `claims` makes the claims of each transaction."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        claims: Callable[[Transaction, datetime], Claims],
        memory: Memory,
    ) -> None:
        self._database = database
        self._clock = clock
        self._claims = claims
        self._memory = memory
        self._backoff = Backoff(_log, "cannot record the provider's answers")

    async def record(self, batch: Sequence[Call], stop: asyncio.Event) -> None:
        """Record answers. An answer that cannot be recorded is logged; the others are recorded."""
        try:
            with spans.shared_by_traces(call.payment.traceparent for call in batch):
                await self._record_with_retries(batch, stop)
        except Exception:  # noqa: BLE001 (each answer of the batch is then recorded alone)
            if len(batch) == 1:
                extra = {"payment_id": batch[0].payment.payment_id}
                _log.exception("cannot record an answer; the call will be repeated", extra=extra)
                return
            for call in batch:
                await self.record([call], stop)

    async def _record_with_retries(self, batch: Sequence[Call], stop: asyncio.Event) -> None:
        optimistic = True
        while True:
            try:
                async with self._database.transaction(optimistic=optimistic) as tx:
                    now = self._clock.now()
                    await record_answers(tx, batch, now, self._claims(tx, now), self._memory)
            except ConcurrencyConflictError:
                if not optimistic:
                    raise
                optimistic = False  # a payment has changed since it was claimed
            except DatabaseUnavailableError as error:
                if stop.is_set():
                    return  # the leases expire and the calls are repeated
                await self._backoff.wait(error, stop)
            else:
                self._backoff.reset()
                return
