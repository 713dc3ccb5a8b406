"""Retries parked events when they are due."""

from datetime import datetime
from functools import partial
from typing import Final

from waybill.events import PermanentError
from waybill.postgres import Transaction
from waybill.postgres.timers import Timer
from waybill.receiving.batch_processor import ATTEMPTS_MAX, attempt, retry_delay
from waybill.receiving.dead_letters import (
    State,
    describe,
    first_due,
    record_failure,
    remove,
)
from waybill.receiving.event_router import EventRouter
from waybill.receiving.failures import log_after_commit
from waybill.receiving.measuring import count, count_processed
from waybill.receiving.unreadable_batches import BATCH_TYPE

POLL_SECONDS: Final = 1.0

_UNREADABLE: Final = "a batch that cannot be read: its sender must publish it again"
_NOT_RECEIVED: Final = "this service does not receive events of this type any more"


def dead_letter_retries(event_router: EventRouter) -> Timer:
    """Return the timer that retries the first parked event of each ordering key.

    An event that takes effect is deleted from the dead letters in the same transaction. An event
    whose attempts are used up stays, as dead, and blocks the events behind it.
    """

    async def take(tx: Transaction, now: datetime, _: int) -> int:
        tx.actor = None  # that of the event counts
        # One at a time: the transaction is short, and a failure concerns no other event.
        letter = await first_due(tx, now)
        if letter is None:
            return 0
        is_batch = letter.type == BATCH_TYPE
        delivery = None if is_batch else event_router.read(letter.record)
        if delivery is not None:
            error = await attempt(tx, event_router, delivery)
        else:
            error = PermanentError(_UNREADABLE if is_batch else _NOT_RECEIVED)
        if error is None:
            await remove(tx, letter)
            if delivery is not None:
                tx.after_commit(partial(count_processed, [delivery]))
            return 1
        attempts = letter.attempts + 1
        dead = isinstance(error, PermanentError) or attempts >= ATTEMPTS_MAX
        state: State = "dead" if dead else "retrying"
        await record_failure(
            tx,
            letter,
            state=state,
            error=describe(error),
            due_at=now if dead else now + retry_delay(attempts),
        )
        if delivery is not None:
            tx.after_commit(partial(count, [delivery], state))
            log_after_commit(tx, delivery, error, state, attempts)
        return 1

    return Timer("dead letter retries", POLL_SECONDS, take)
