"""The inbox: which events were received, so that each takes effect once however often it comes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from waybill.database import Transaction

# Sorted, so that two replicas with overlapping batches wait for each other, never in a circle.
_ACCEPT: Final = """
    INSERT INTO inbox (event_id, received_at)
    SELECT event_id, $2 FROM unnest($1::uuid[]) AS received (event_id)
    ON CONFLICT DO NOTHING
    RETURNING event_id
"""


async def accept(tx: Transaction, event_ids: Iterable[UUID], now: datetime) -> set[UUID]:
    """Note events as received; return those that were not before.

    Waits for other transactions that are noting the same events, and believes what they come to.
    """
    rows = await tx.fetch(_ACCEPT, sorted(set(event_ids)), now)
    return {row["event_id"] for row in rows}
