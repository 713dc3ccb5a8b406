"""The inbox: the ids of received events, so that each takes effect once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from waybill.postgres import Transaction
from waybill.postgres.rows import Rows


class ReceivedEvent(NamedTuple):
    """An event that was processed, and the time of its receipt."""

    event_id: UUID
    received_at: datetime


_RECEIVED: Final = Rows(ReceivedEvent)

# Sorted, so that two replicas with overlapping batches cannot deadlock.
_CLAIM: Final = """
    WITH claimed AS (
        INSERT INTO inbox (event_id, received_at)
        SELECT event_id, $2 FROM unnest($1::uuid[]) AS received (event_id)
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    SELECT event_id, EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded') AS parked
    FROM claimed
"""
_FIND: Final = """
    SELECT EXISTS (SELECT FROM inbox WHERE event_id = ANY ($1::uuid[]))
        OR EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded')
"""
_MARK: Final = _RECEIVED.write("""
    INSERT INTO inbox (event_id, received_at)
    SELECT event_id, CASE
        WHEN EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded') THEN NULL
        ELSE received_at
    END
    FROM {rows} AS received ({columns})
""")


class Claimed(NamedTuple):
    """The new events, and whether they are known to be unblocked.

    `is_unblocked` is False when any event may be parked. The caller then reads which ordering keys
    are blocked.
    """

    fresh: set[UUID]
    is_unblocked: bool


async def claim_new(tx: Transaction, event_ids: Iterable[UUID], now: datetime) -> Claimed:
    """Insert events into the inbox; returns those that are new.

    Waits for concurrent transactions that insert the same events. This statement does not see what
    such a transaction has parked, because it began before. So `is_unblocked` is False whenever an
    event was in the inbox already.
    """
    ids = sorted(set(event_ids))
    rows = await tx.fetch(_CLAIM, ids, now)
    is_unblocked = len(rows) == len(ids) and not any(row["parked"] for row in rows)
    return Claimed({row["event_id"] for row in rows}, is_unblocked)


async def has_no_duplicates(tx: Transaction, event_ids: Iterable[UUID]) -> bool:
    """Return whether all events are new, and no event is parked.

    Then they can be processed without a lock, and marked at the end.
    """
    [[is_found]] = await tx.fetch_outside(_FIND, list(event_ids))
    return not is_found


async def mark_processed(tx: Transaction, received: Sequence[ReceivedEvent]) -> None:
    """Insert processed events into the inbox, with the times of their receipt.

    Raises ConcurrencyConflictError when another transaction has inserted one of them, or when any
    event is parked.
    """
    await tx.enqueue(
        *_MARK.bind(sorted(received)),
        claims="inbox_pkey",
        guards="inbox.received_at",
    )
