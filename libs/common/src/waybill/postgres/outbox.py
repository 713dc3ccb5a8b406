"""The outbox: events written in the transaction of what they tell, published later by the relay."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from waybill.rows import Rows


class PendingEvent(NamedTuple):
    """One event on its way into the outbox: a row of it."""

    event_id: UUID
    topic: str
    key: str
    type: str
    source: str
    time: datetime
    traceparent: str
    payload: bytes


PENDING: Final = Rows(PendingEvent)

# The rows are numbered in the order in which they were sent: PostgreSQL evaluates the identity
# column after the sort (INSERT ... SELECT ... ORDER BY).
APPEND: Final = PENDING.statement("""
    INSERT INTO outbox ({columns})
    SELECT {columns} FROM {rows} WITH ORDINALITY AS sent ({columns}, number)
    ORDER BY number
""")
