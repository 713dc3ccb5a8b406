"""Retention of sent and received events.

outbox    an event can be published again for this long after its first publication
Kafka     keeps a published event for the topic's retention (at most 7 days here), and up to a
          day longer: see `waybill.kafka.topic_creation`
inbox     must contain an event as long as it can be redelivered: longer than all of it together
"""

from datetime import datetime, timedelta
from typing import Final

from waybill.postgres.timers import Timer
from waybill.postgres.transaction import Transaction

OUTBOX_RETENTION: Final = timedelta(days=3)
"""A loss at the broker is detected within a second; this also covers a weekend of downtime."""
INBOX_RETENTION: Final = timedelta(days=14)

POLL_SECONDS: Final = 60.0
DELETE_MAX: Final = 5_000
"""Rows for each statement, which then takes milliseconds."""

# Reads only the oldest rows, by the primary key, however large the table is.
_DELETE_SENT: Final = """
    WITH oldest AS (
        SELECT position, published_at FROM outbox ORDER BY position LIMIT $2
    )
    DELETE FROM outbox USING oldest
    WHERE outbox.position = oldest.position AND oldest.published_at < $1
"""

_DELETE_RECEIVED: Final = """
    DELETE FROM inbox
    WHERE event_id = ANY (
        ARRAY(SELECT event_id FROM inbox WHERE received_at < $1 LIMIT $2)
    )
"""


def event_retention(
    outbox: timedelta = OUTBOX_RETENTION, inbox: timedelta = INBOX_RETENTION
) -> Timer:
    """Return the timer that deletes old events. `inbox` must be longer than `outbox`."""
    if inbox <= outbox:
        raise ValueError("the retention of the inbox must be longer than that of the outbox")

    async def take(tx: Transaction, now: datetime, _: int) -> int:
        sent = await tx.execute(_DELETE_SENT, now - outbox, DELETE_MAX)
        received = await tx.execute(_DELETE_RECEIVED, now - inbox, DELETE_MAX)
        return _count(sent) + _count(received)

    return Timer("event retention", POLL_SECONDS, take)


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])
