"""Revoke API keys: the tokens that they were exchanged for are refused too."""

from datetime import datetime
from uuid import UUID

from identity import api_keys, sessions
from waybill.postgres import Transaction
from waybill.security_log import record


async def revoke_api_key(
    tx: Transaction, key_id: UUID, user_id: UUID | None, *, now: datetime
) -> UUID | None:
    """Revoke a key of this user, or of anybody; return its owner, None when there is no key."""
    owner = await api_keys.revoke_key(tx, key_id, user_id, now)
    if owner is not None:
        await _deny(tx, key_id, now)
    return owner


async def revoke_api_keys_of(tx: Transaction, user_id: UUID, *, now: datetime) -> None:
    """Revoke all keys of a user."""
    for key_id in await api_keys.revoke_keys_of(tx, user_id, now):
        await _deny(tx, key_id, now)


async def _deny(tx: Transaction, key_id: UUID, now: datetime) -> None:
    await sessions.deny(tx, key_id, now)
    await record(tx, "api-key.revoked", target=str(key_id))
