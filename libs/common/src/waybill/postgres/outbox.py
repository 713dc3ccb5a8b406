"""The outbox: events written in the transaction of what they tell, published later by the relay."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from waybill.postgres.rows import Rows
from waybill.postgres.writes import AFTER_OTHERS


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


class SentEvent(NamedTuple):
    """An event in the outbox."""

    position: int
    event: PendingEvent


# The rows are numbered in the order in which they were sent: PostgreSQL evaluates the identity
# column after the sort (INSERT ... SELECT ... ORDER BY). The transaction gets its id before it gets
# a position, so that the relay can find out by ids when everybody who took a position below
# another one has ended (`waybill.sending.frontier`).
APPEND: Final = PENDING.statement(f"""
    INSERT INTO outbox ({{columns}})
    SELECT {{columns}} FROM {{rows}} WITH ORDINALITY AS sent ({{columns}}, number)
    WHERE pg_current_xact_id() IS NOT NULL
    {AFTER_OTHERS}
    ORDER BY number
    RETURNING position
""")  # noqa: S608 - constant texts
