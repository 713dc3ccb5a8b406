"""Dead letters: received events that have not taken effect, each with its reason.

Of one ordering key (a key in a topic) only the first parked event is retried. The others wait
behind it, and so do later events. The first one is read from the table each time, so no event is
lost between a consumer that parks and a timer that retries.

This is safe without a lock on the ordering key:

- When an event may be parked (see `batch_processor`), a consumer reads that first.
- When any event is parked, or one of the batch is a duplicate, a consumer reads the parked keys
  *after* it has inserted the batch into the inbox. Another consumer that has (or had) the same
  partition, and parks one of these events, does that in the transaction that inserts it into the
  inbox. So ours has waited for the end of that transaction, and sees the row.
- Otherwise it inserts the batch into the inbox at the end. If another consumer has parked one of
  these events meanwhile, that event is in the inbox: the insert fails, and the batch is retried. It
  fails as well when any other event is parked by then.
- A retry holds a row lock on the first event of the key until it is committed. A consumer that
  still sees the row parks behind it; one that does not see it runs after the commit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from waybill.events import faults
from waybill.kafka.record_batches import Record
from waybill.postgres import Connection, Transaction
from waybill.receiving.event_router import Delivery, OrderingKey

State: TypeAlias = Literal["retrying", "waiting", "dead", "discarded"]

ERROR_LENGTH_MAX: Final = 500

_PARKED: Final = """
    SELECT DISTINCT topic, key FROM dead_letters
    WHERE state <> 'discarded'
      AND (topic, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))
"""

_PARK: Final = """
    INSERT INTO dead_letters (event_id, type, topic, partition, "offset", key, header_names,
                              header_values, value, error, attempts, state, due_at, parked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ON CONFLICT (event_id) DO NOTHING
"""

_FIRST_DUE: Final = """
    SELECT * FROM dead_letters AS letter
    WHERE state IN ('retrying', 'waiting') AND due_at <= $1
      AND NOT EXISTS (
          SELECT FROM dead_letters AS earlier
          WHERE earlier.topic = letter.topic AND earlier.key = letter.key
            AND earlier.id < letter.id AND earlier.state <> 'discarded'
      )
    ORDER BY due_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that has not taken effect."""

    id: int
    event_id: UUID
    type: str | None
    record: Record
    key: str
    error: str | None
    attempts: int
    state: State
    due_at: datetime
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Parking:
    """An event to park, and why."""

    delivery: Delivery
    state: State
    error: str | None
    attempts: int
    due_at: datetime


async def parked_keys(tx: Transaction, ordering_keys: Collection[OrderingKey]) -> set[OrderingKey]:
    """Return those of the ordering keys that have parked events."""
    rows = await tx.fetch(
        _PARKED,
        [ordering_key.topic for ordering_key in ordering_keys],
        [ordering_key.key for ordering_key in ordering_keys],
    )
    return {OrderingKey(row["topic"], row["key"]) for row in rows}


async def park(tx: Transaction, parkings: Sequence[Parking], now: datetime) -> None:
    """Park events, in the given order."""
    for parking in parkings:
        delivery, record = parking.delivery, parking.delivery.record
        await tx.execute(
            _PARK,
            delivery.event_id,
            delivery.type,
            record.topic,
            record.partition,
            record.offset,
            delivery.ordering_key.key,
            [_text(name) for name, _ in record.headers],
            [value for _, value in record.headers],
            record.value,
            parking.error,
            parking.attempts,
            parking.state,
            parking.due_at,
            now,
        )


def describe(error: Exception) -> str:
    """Describe an error in at most ERROR_LENGTH_MAX characters, without the values of the event."""
    match error:
        case asyncpg.PostgresError():
            text = str(error.args[0])  # str(error) would add the row
        case ValidationError():
            text = faults(error)
        case _:
            text = str(error)
    return _text(f"{type(error).__name__}: {text}")[:ERROR_LENGTH_MAX]


async def first_due(tx: Transaction, now: datetime) -> DeadLetter | None:
    """Read and lock the event to retry next; skips rows that other transactions have locked."""
    row = await tx.fetchrow(_FIRST_DUE, now)
    return None if row is None else _letter(row)


async def record_failure(
    tx: Transaction, letter: DeadLetter, *, state: State, error: str, due_at: datetime
) -> None:
    """Record a failed attempt."""
    await tx.execute(
        "UPDATE dead_letters SET attempts = attempts + 1, state = $2, error = $3, due_at = $4"
        " WHERE id = $1",
        letter.id,
        state,
        error,
        due_at,
    )


async def remove(tx: Transaction, letter: DeadLetter) -> None:
    """Delete an event that takes effect in this transaction."""
    await tx.execute("DELETE FROM dead_letters WHERE id = $1", letter.id)


async def list_dead_letters(
    connection: Connection, *, state: State | None = None, after: int = 0, limit: int = 100
) -> list[DeadLetter]:
    """Read dead letters in the order in which they were parked, from the id after `after`."""
    rows = await connection.fetch(
        "SELECT * FROM dead_letters WHERE id > $1 AND ($2::text IS NULL OR state = $2)"
        " ORDER BY id LIMIT $3",
        after,
        state,
        limit,
    )
    return [_letter(row) for row in rows]


async def find_dead_letter(connection: Connection, event_id: UUID) -> DeadLetter | None:
    """Read one dead letter."""
    row = await connection.fetchrow("SELECT * FROM dead_letters WHERE event_id = $1", event_id)
    return None if row is None else _letter(row)


async def retry(tx: Transaction, event_id: UUID, now: datetime) -> bool:
    """Schedule an event for retry, with all its attempts; False when there is no such event.

    It is retried once it is the first of its key. A discarded event can be retried too: it then
    takes effect after events that did not wait for it.
    """
    status = await tx.execute(
        "UPDATE dead_letters SET state = 'retrying', attempts = 0, due_at = $2 WHERE event_id = $1",
        event_id,
        now,
    )
    return status != "UPDATE 0"


async def discard(tx: Transaction, event_id: UUID) -> bool:
    """Discard an event, and unblock the events behind it. False when there is no such event."""
    status = await tx.execute(
        "UPDATE dead_letters SET state = 'discarded' WHERE event_id = $1 AND state <> 'discarded'",
        event_id,
    )
    return status != "UPDATE 0"


def _text(foreign: str) -> str:
    """Remove what a PostgreSQL text cannot hold."""
    return foreign.replace("\0", "").encode("utf-8", "replace").decode()


def _letter(row: asyncpg.Record) -> DeadLetter:
    return DeadLetter(
        id=row["id"],
        event_id=row["event_id"],
        type=row["type"],
        record=Record(
            topic=row["topic"],
            partition=row["partition"],
            offset=row["offset"],
            key=row["key"].encode(),
            headers=list(zip(row["header_names"], row["header_values"], strict=True)),
            value=row["value"],
        ),
        key=row["key"],
        error=row["error"],
        attempts=row["attempts"],
        state=row["state"],
        due_at=row["due_at"],
        parked_at=row["parked_at"],
    )
