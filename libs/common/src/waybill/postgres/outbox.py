"""The outbox: a transaction writes its events there, and the relay publishes them later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from waybill import trace
from waybill.clock import Clock
from waybill.events import Cause, Envelope, Message, T, encode_payload
from waybill.ids import uuid7
from waybill.postgres.rows import Rows
from waybill.postgres.writes import AFTER_OTHERS, Write


class PendingEvent(NamedTuple):
    """The row of one event that is to be written to the outbox."""

    event_id: UUID
    topic: str
    key: str
    type: str
    source: str
    time: datetime
    traceparent: str
    payload: bytes
    actor: str | None = None

    @property
    def envelope(self) -> Envelope:
        """The attributes for its headers."""
        return Envelope(
            self.event_id, self.type, self.source, self.time, self.traceparent, self.actor
        )


PENDING: Final = Rows(PendingEvent)


class SentEvent(NamedTuple):
    """An event in the outbox."""

    position: int
    event: PendingEvent


OUTBOX: Final = "outbox"  # the table

# The rows are numbered in the order in which they were sent: PostgreSQL evaluates the identity
# column after the sort (INSERT ... SELECT ... ORDER BY). The transaction gets its id before it gets
# a position. So the relay can determine by transaction ids whether all transactions with lower
# positions have ended (`waybill.sending.frontier`).
APPEND: Final = PENDING.write(f"""
    INSERT INTO outbox ({{columns}})
    SELECT {{columns}} FROM {{rows}} WITH ORDINALITY AS sent ({{columns}}, number)
    WHERE pg_current_xact_id() IS NOT NULL
    {AFTER_OTHERS}
    ORDER BY number
    RETURNING position
""")  # noqa: S608 - constant texts


class TransactionOutbox:
    """The events of one transaction: sent, then queued as one write, then appended."""

    __slots__ = ("_appended", "_clock", "_queued", "_sent", "_source")

    def __init__(self, source: str | None, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._sent: list[PendingEvent] = []
        self._queued: list[PendingEvent] = []
        self._appended: list[SentEvent] = []

    @property
    def unwritten(self) -> Sequence[PendingEvent]:
        """The events sent since the last `write`."""
        return self._sent

    @property
    def appended(self) -> Sequence[SentEvent]:
        """The events that the transaction has written, with their positions."""
        return self._appended

    def send(self, message: Message[T], data: T, cause: Cause | None, actor: str | None) -> None:
        """Add an event; without a `cause` its actor is `actor`.

        Raises PayloadTooLargeError, and RuntimeError without a source.
        """
        if self._source is None:
            raise RuntimeError("this Database was opened without a source, so it cannot send")
        self._sent.append(
            PendingEvent(
                event_id=uuid7(),
                topic=message.topic,
                key=str(getattr(data, message.key)),
                type=message.type,
                source=self._source,
                time=self._clock.now(),
                traceparent=(cause and cause.traceparent) or trace.current_traceparent(),
                payload=encode_payload(data),
                actor=cause.actor if cause else actor,
            )
        )

    def write(self) -> Write:
        """Return the write that appends the sent events; it comes last in its statement."""
        self._queued, self._sent = self._sent, []
        sql, *arguments = APPEND.bind(self._queued)
        return Write(sql, tuple(arguments), comes_last=True)

    def written(self, rows: Sequence[asyncpg.Record]) -> None:
        """Record the positions that the write returned."""
        # PostgreSQL assigns positions one by one, in the order of sending.
        positions = sorted(row["position"] for row in rows)
        self._appended += map(SentEvent, positions, self._queued)

    def copy(self) -> "TransactionOutbox":
        """Return a copy of the current state, to restore after a rollback to a savepoint."""
        copy = TransactionOutbox(self._source, self._clock)
        copy._sent = list(self._sent)
        copy._appended = list(self._appended)
        return copy
