"""Deletes what has expired."""

from datetime import datetime

from identity import codes, families, sessions
from identity.operations.metadata import DENIED_FOR
from waybill.postgres import Transaction


async def delete_expired(tx: Transaction, now: datetime, limit: int) -> int:
    """Delete up to `limit` rows of each kind; return the largest number, for the timer."""
    counts = [
        await sessions.delete_denied(tx, now - 2 * DENIED_FOR, limit),
        await families.delete_expired(tx, now, limit),
        await codes.delete_expired(tx, now - DENIED_FOR, limit),
    ]
    return max(counts)
