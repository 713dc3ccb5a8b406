"""How long sent and received events are remembered, and forgetting them after that.

outbox    an event can be published again for this long after it was first published
Kafka     keeps what is published for the topic's retention (at most 7 days here), from then on
inbox     must know an event for as long as it can come again: longer than both together
"""

from datetime import datetime, timedelta
from typing import Final

from waybill.postgres.timers import Timer
from waybill.postgres.transaction import Transaction

OUTBOX_RETENTION: Final = timedelta(days=3)
"""A broker's loss is found within a second; this also covers a consumer that is away a weekend."""
INBOX_RETENTION: Final = timedelta(days=14)

POLL_SECONDS: Final = 60.0
DELETE_MAX: Final = 5_000
"""Rows a statement: milliseconds of work, so that it gets in nobody's way."""

# Only the oldest rows are looked at, by the primary key, however large the table is.
_FORGET_SENT: Final = """
    WITH oldest AS (
        SELECT position, published_at FROM outbox ORDER BY position LIMIT $2
    )
    DELETE FROM outbox USING oldest
    WHERE outbox.position = oldest.position AND oldest.published_at < $1
"""

_FORGET_RECEIVED: Final = """
    DELETE FROM inbox
    WHERE event_id = ANY (
        ARRAY(SELECT event_id FROM inbox WHERE received_at < $1 LIMIT $2)
    )
"""


def event_retention(
    outbox: timedelta = OUTBOX_RETENTION, inbox: timedelta = INBOX_RETENTION
) -> Timer:
    """Make the timer that forgets old events. `inbox` must be longer than `outbox`."""
    if inbox <= outbox:
        raise ValueError("the inbox must remember longer than the outbox")

    async def take(tx: Transaction, now: datetime, _: int) -> int:
        sent = await tx.execute(_FORGET_SENT, now - outbox, DELETE_MAX)
        received = await tx.execute(_FORGET_RECEIVED, now - inbox, DELETE_MAX)
        return _count(sent) + _count(received)

    return Timer("event retention", POLL_SECONDS, take)


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])
