"""The statements of the relay: the outbox, and the state of the logs that were published to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from waybill.events import Envelope
from waybill.kafka.partitions import Partition
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
    """Convert an event that was just sent to the row that a read of the outbox would return."""
    event = sent.event
    return OutboxEvent(sent.position, event.topic, event.key, event.envelope, event.payload)


class Published(NamedTuple):
    """The partition and offset at which a row of the outbox was published."""

    position: int
    partition: Partition
    offset: int


class Log(NamedTuple):
    """A log that was published to, and the offset of the last batch."""

    topic_id: UUID
    batch_offset: int


# One round trip for both: marks what the last round published, and reads the next rows. The SELECT
# sees the rows as they were before the marks, so it excludes the marked positions. It also excludes
# rows first published before $10: their retention is over, and the inboxes of consumers may no
# longer contain them.
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
    SELECT position, event_id, topic, key, type, source, time, traceparent, payload, actor
    FROM outbox
    WHERE "offset" IS NULL
      AND position <> ALL ($2::bigint[])
      AND topic <> ALL ($9::text[])
      AND (published_at IS NULL OR published_at > $10)
    ORDER BY position
    LIMIT $11
"""

_CLEAR_STEP: Final = 50_000
"""Positions for each statement: well within the statement timeout, even on a slow disk."""

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


_CLEAR_BATCH: Final = """
    UPDATE outbox SET partition = NULL, "offset" = NULL
    WHERE topic = $1 AND partition = $2 AND "offset" BETWEEN $3 AND $4 AND published_at > $5
      AND EXISTS (
          SELECT FROM outbox WHERE topic = $1 AND partition = $2 AND "offset" = $3
      )
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
    """Mark published rows, update the state of the logs, and read the next rows.

    The rows are ordered by position, without those of the topics in `skip`.
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
        actor=row["actor"],
    )
    return OutboxEvent(row["position"], row["topic"], row["key"], envelope, row["payload"])


async def published_logs(connection: Connection) -> dict[Partition, Log]:
    """Read the state of all logs that were published to."""
    rows = await connection.fetch(
        "SELECT topic, partition, topic_id, batch_offset FROM published_logs"
    )
    return {
        Partition(row["topic"], row["partition"]): Log(row["topic_id"], row["batch_offset"])
        for row in rows
    }


async def clear_topic(connection: Connection, topic: str, since: datetime) -> int:
    """Make all rows of a topic unpublished; returns how many.

    In steps, because there may be millions. The state of the logs is deleted last: after a crash
    the loss is detected again.
    """
    row = await connection.fetchrow("SELECT min(position), max(position) FROM outbox")
    first, last = row if row is not None and row["min"] is not None else (1, 0)
    count = 0
    for position in range(first - 1, last, _CLEAR_STEP):
        status = await connection.execute(_CLEAR_TOPIC, topic, since, position, _CLEAR_STEP)
        count += _count(status)
    await connection.execute("DELETE FROM published_logs WHERE topic = $1", topic)
    return count


async def clear_batch(
    connection: Connection, partition: Partition, first: int, last: int, since: datetime
) -> int:
    """Make the rows of a batch unpublished; returns how many.

    Returns 0 when the batch at the offset `first` is not of this outbox, or was published before
    `since`. The relay publishes the rows within a second.
    """
    status = await connection.execute(
        _CLEAR_BATCH, partition.topic, partition.number, first, last, since
    )
    return _count(status)


async def clear_tail(
    connection: Connection, partition: Partition, end: int, since: datetime
) -> int:
    """Make the rows published at and after the offset `end` unpublished; returns how many."""
    status = await connection.execute(_CLEAR_TAIL, partition.topic, partition.number, end, since)
    return _count(status)


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])


async def newest_transaction(connection: Connection) -> int:
    """Return a transaction id that is higher than all assigned before."""
    return int(await connection.fetchval("SELECT pg_current_xact_id()"))


async def oldest_transaction(connection: Connection) -> int:
    """Return a transaction id below which all transactions have ended."""
    return int(await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())"))
