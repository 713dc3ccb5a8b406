"""The inbox: which events were received, so that each takes effect once however often it comes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from waybill.postgres import Transaction

# Sorted, so that two replicas with overlapping batches wait for each other, never in a circle.
_ACCEPT: Final = """
    WITH accepted AS (
        INSERT INTO inbox (event_id, received_at)
        SELECT event_id, $2 FROM unnest($1::uuid[]) AS received (event_id)
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    SELECT event_id, EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded') AS parked
    FROM accepted
"""
_LOOK: Final = """
    SELECT EXISTS (SELECT FROM inbox WHERE event_id = ANY ($1::uuid[]))
        OR EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded')
"""
_NOTE: Final = """
    INSERT INTO inbox (event_id, received_at)
    SELECT event_id, CASE
        WHEN EXISTS (SELECT FROM dead_letters WHERE state <> 'discarded') THEN NULL
        ELSE received_at
    END
    FROM unnest($1::uuid[], $2::timestamptz[]) AS received (event_id, received_at)
"""


class Accepted(NamedTuple):
    """Which events are here for the first time, and whether they are free to take effect.

    They are not `free` when any event may be parked: then a further statement has to find out which
    ordering keys are blocked.
    """

    fresh: set[UUID]
    free: bool


async def claim_new(tx: Transaction, event_ids: Iterable[UUID], now: datetime) -> Accepted:
    """Note events as received; tell those that were not before.

    Waits for other transactions that are noting the same events, and believes what they come to.
    What such a transaction has parked this statement does not see, as it began before; so it is
    not believed about parked events when it found an event that was there already.
    """
    ids = sorted(set(event_ids))
    rows = await tx.fetch(_ACCEPT, ids, now)
    free = len(rows) == len(ids) and not any(row["parked"] for row in rows)
    return Accepted({row["event_id"] for row in rows}, free)


async def has_no_duplicates(tx: Transaction, event_ids: Iterable[UUID]) -> bool:
    """Tell whether all events are here for the first time, and nothing is parked.

    Then they can be dealt with without a lock, and noted at the end.
    """
    [[is_special]] = await tx.fetch_outside(_LOOK, list(event_ids))
    return not is_special


async def mark_processed(tx: Transaction, received: Sequence[tuple[UUID, datetime]]) -> None:
    """Note when events were received.

    Raises ConcurrencyConflictError when another transaction has noted one of them, or when anything
    is parked.
    """
    await tx.enqueue(
        _NOTE,
        *map(list, zip(*sorted(received), strict=True)),
        claims="inbox_pkey",
        guards="inbox.received_at",
    )
