"""What the relay reads and writes: the outbox, and how far each log has got."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from waybill.events import Envelope
from waybill.kafka.link import Partition
from waybill.postgres import Connection
from waybill.postgres.outbox import SentEvent


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """A row of the outbox."""

    position: int
    topic: str
    key: str
    envelope: Envelope
    payload: bytes


def outbox_event(sent: SentEvent) -> OutboxEvent:
    """Make of an event that was just sent what would be read in the outbox."""
    event = sent.event
    envelope = Envelope(event.event_id, event.type, event.source, event.time, event.traceparent)
    return OutboxEvent(sent.position, event.topic, event.key, envelope, event.payload)


class Published(NamedTuple):
    """Where a row of the outbox has been published."""

    position: int
    partition: Partition
    offset: int


class Log(NamedTuple):
    """A log that was written to, and the offset of the batch that was appended last."""

    topic_id: UUID
    batch_offset: int


# One round trip for both: marks what the last round published, reads what is next. Reading sees the
# rows as they were before the marks, so it leaves out by position what is being marked. Rows that
# were first published before $10 are history: their retention is over, and consumers may have
# forgotten that they know them.
MARK_AND_READ: Final = """
    WITH grown AS (
        INSERT INTO published_logs (topic, partition, topic_id, batch_offset)
        SELECT * FROM unnest($5::text[], $6::integer[], $7::uuid[], $8::bigint[])
        ON CONFLICT (topic, partition)
        DO UPDATE SET topic_id = excluded.topic_id, batch_offset = excluded.batch_offset
    ), marked AS (
        UPDATE outbox
        SET published_at = coalesce(published_at, $1),
            partition = published.partition,
            "offset" = published."offset"
        FROM unnest($2::bigint[], $3::integer[], $4::bigint[])
             AS published (position, partition, "offset")
        WHERE outbox.position = published.position
    )
    SELECT position, event_id, topic, key, type, source, time, traceparent, payload
    FROM outbox
    WHERE "offset" IS NULL
      AND position <> ALL ($2::bigint[])
      AND topic <> ALL ($9::text[])
      AND (published_at IS NULL OR published_at > $10)
    ORDER BY position
    LIMIT $11
"""

_CLEAR_STEP: Final = 50_000
"""Positions a statement: well within a statement's time-out, on a slow disk too."""

_CLEAR_TOPIC: Final = """
    UPDATE outbox SET partition = NULL, "offset" = NULL
    WHERE topic = $1 AND "offset" IS NOT NULL AND published_at > $2
      AND position > $3 AND position <= $3 + $4
"""

_CLEAR_TAIL: Final = """
    WITH shrunk AS (
        UPDATE published_logs SET batch_offset = $3 - 1 WHERE topic = $1 AND partition = $2
    )
    UPDATE outbox SET partition = NULL, "offset" = NULL
    WHERE topic = $1 AND partition = $2 AND "offset" >= $3 AND published_at > $4
"""


async def mark_and_read(
    connection: Connection,
    published: Sequence[Published],
    logs: Mapping[Partition, Log],
    now: datetime,
    *,
    skip: Collection[str],
    since: datetime,
    limit: int,
) -> list[OutboxEvent]:
    """Note where rows were published and how far that has brought the logs; read the next rows.

    They come by position, but for the topics in `skip`.
    """
    rows = await connection.fetch(
        MARK_AND_READ,
        now,
        [row.position for row in published],
        [row.partition.number for row in published],
        [row.offset for row in published],
        [partition.topic for partition in logs],
        [partition.number for partition in logs],
        [log.topic_id for log in logs.values()],
        [log.batch_offset for log in logs.values()],
        list(skip),
        since,
        limit,
    )
    return list(map(_outbox_event, rows))


def _outbox_event(row: asyncpg.Record) -> OutboxEvent:
    envelope = Envelope(
        id=row["event_id"],
        type=row["type"],
        source=row["source"],
        time=row["time"],
        traceparent=row["traceparent"],
    )
    return OutboxEvent(row["position"], row["topic"], row["key"], envelope, row["payload"])


async def published_logs(connection: Connection) -> dict[Partition, Log]:
    """Read which logs were written to, and how far."""
    rows = await connection.fetch(
        "SELECT topic, partition, topic_id, batch_offset FROM published_logs"
    )
    return {
        Partition(row["topic"], row["partition"]): Log(row["topic_id"], row["batch_offset"])
        for row in rows
    }


async def clear_topic(connection: Connection, topic: str, since: datetime) -> int:
    """Let all of a topic be published again; returns how many events that are.

    In steps, as there may be millions. The log is forgotten last: whoever finds it after a crash
    begins anew.
    """
    row = await connection.fetchrow("SELECT min(position), max(position) FROM outbox")
    first, last = row if row is not None and row["min"] is not None else (1, 0)
    count = 0
    for position in range(first - 1, last, _CLEAR_STEP):
        status = await connection.execute(_CLEAR_TOPIC, topic, since, position, _CLEAR_STEP)
        count += _count(status)
    await connection.execute("DELETE FROM published_logs WHERE topic = $1", topic)
    return count


async def clear_tail(
    connection: Connection, partition: Partition, end: int, since: datetime
) -> int:
    """Let what was published at and beyond `end` be published again; returns how many events."""
    status = await connection.execute(_CLEAR_TAIL, partition.topic, partition.number, end, since)
    return _count(status)


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])


async def newest_transaction(connection: Connection) -> int:
    """Return a transaction id: all that are in use by now are lower."""
    return int(await connection.fetchval("SELECT pg_current_xact_id()"))


async def oldest_transaction(connection: Connection) -> int:
    """Return a transaction id: all lower ones have ended."""
    return int(await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())"))
