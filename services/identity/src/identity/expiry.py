"""Deletes what has expired."""

from datetime import datetime

from identity import attempts, codes, device_codes, families, mail_tokens, sessions
from identity.operations.metadata import DENIED_FOR
from waybill.postgres import Transaction


async def delete_expired(tx: Transaction, now: datetime, limit: int) -> int:
    """Delete up to `limit` rows of each kind; return the largest number, for the timer."""
    counts = [
        await sessions.delete_denied(tx, now - 2 * DENIED_FOR, limit),
        await families.delete_expired(tx, now, limit),
        await codes.delete_expired(tx, now - DENIED_FOR, limit),
        await device_codes.delete_expired(tx, now, limit),
        await mail_tokens.delete_expired(tx, now, limit),
        await attempts.delete_old(tx, now, limit),
    ]
    return max(counts)
