"""Deletes what is over. Signing keys are deleted as they are rotated, see `signing_keys`."""

from datetime import datetime, timedelta
from typing import Final

from identity import api_keys, attempts, codes, device_codes, families, mail_tokens, sessions
from identity.operations.metadata import DENIED_FOR
from waybill.postgres import Transaction

KEPT_FOR: Final = timedelta(days=1)
"""The time for which sessions, authorizations and API keys are kept when they are over. They are
refused like unknown ones from the start; what was done to them stays in the security log."""


async def delete_expired(tx: Transaction, now: datetime, limit: int) -> int:
    """Delete up to `limit` rows of each kind; return the largest number, for the timer."""
    before = now - KEPT_FOR
    counts = [
        await sessions.delete_denied(tx, now - 2 * DENIED_FOR, limit),
        await families.delete_over(tx, before, limit),
        await codes.delete_expired(tx, now - DENIED_FOR, limit),
        await device_codes.delete_expired(tx, now, limit),
        await mail_tokens.delete_expired(tx, now, limit),
        await attempts.delete_old(tx, now, limit),
        await api_keys.delete_over(tx, before, limit),
        await sessions.delete_over(tx, before, limit),
    ]
    return max(counts)
