"""The outbox: events written in the transaction of what they tell, published later by the relay."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID


class PendingEvent(NamedTuple):
    """One event on its way into the outbox; the order of the fields is that of APPEND."""

    event_id: UUID
    topic: str
    key: str
    type: str
    source: str
    time: datetime
    traceparent: str
    payload: bytes


# The rows are numbered in the order in which they were sent: PostgreSQL evaluates the identity
# column after the sort (INSERT ... SELECT ... ORDER BY).
APPEND: Final = """
    INSERT INTO outbox (event_id, topic, key, type, source, time, traceparent, payload)
    SELECT event_id, topic, key, type, source, time, traceparent, payload
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
                $6::timestamptz[], $7::text[], $8::bytea[])
         WITH ORDINALITY AS
         sent (event_id, topic, key, type, source, time, traceparent, payload, number)
    ORDER BY number
"""
