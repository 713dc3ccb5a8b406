"""Retries parked events when they are due."""

import logging
from datetime import datetime
from typing import Final

from waybill.events import PermanentError
from waybill.postgres import Transaction
from waybill.postgres.timers import Timer
from waybill.receiving.batch_processor import ATTEMPTS_MAX, attempt, retry_delay
from waybill.receiving.dead_letters import DeadLetter, describe, first_due, record_failure, remove
from waybill.receiving.event_router import EventRouter
from waybill.receiving.unreadable_batches import BATCH_TYPE

_log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0


def dead_letter_retries(event_router: EventRouter) -> Timer:
    """Return the timer that retries the first parked event of each ordering key.

    An event that takes effect is deleted from the dead letters in the same transaction. An event
    whose attempts are used up stays, as dead, and blocks the events behind it.
    """

    async def take(tx: Transaction, now: datetime, _: int) -> int:
        # One at a time: the transaction is short, and a failure concerns no other event.
        letter = await first_due(tx, now)
        if letter is None:
            return 0
        error = await _attempt(tx, event_router, letter)
        if error is None:
            await remove(tx, letter)
            return 1
        attempts = letter.attempts + 1
        dead = isinstance(error, PermanentError) or attempts >= ATTEMPTS_MAX
        await record_failure(
            tx,
            letter,
            state="dead" if dead else "retrying",
            error=describe(error),
            due_at=now if dead else now + retry_delay(attempts),
        )
        if dead:
            extra = {"event_id": str(letter.event_id)}
            _log.error("consumer: dead letter: %s", describe(error), extra=extra)
        return 1

    return Timer("dead letter retries", POLL_SECONDS, take)


async def _attempt(
    tx: Transaction, event_router: EventRouter, letter: DeadLetter
) -> Exception | None:
    if letter.type == BATCH_TYPE:
        return PermanentError("a batch that cannot be read: its sender must publish it again")
    delivery = event_router.read(letter.record)
    if delivery is None:
        return PermanentError("this service does not receive events of this type any more")
    return await attempt(tx, event_router, delivery)
