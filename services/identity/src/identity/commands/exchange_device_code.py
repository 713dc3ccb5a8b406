"""Exchange a device code for tokens, once its user has permitted it (RFC 8628, 3.5)."""

from datetime import datetime

from identity import device_codes, families, sessions
from identity.commands.refresh_token import grant_of
from identity.contract.problems import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    SlowDown,
)
from identity.domain import FAMILY_LIFETIME, Client, Grant, GrantType
from identity.families import Family
from identity.opaque_tokens import new_token
from waybill.ids import uuid7
from waybill.postgres import Transaction

Refusal = AccessDenied | AuthorizationPending | ExpiredToken | InvalidGrant | SlowDown


async def exchange_device_code(
    tx: Transaction, client: Client, code: str, *, now: datetime
) -> Grant | Refusal:
    """Return the grant. The caller commits after a problem too: it remembers when it was asked."""
    found = await device_codes.lock_device_code(tx, code)
    if found is None or found.client_id != client.client_id:
        return InvalidGrant(detail="The device code is unknown or was used.")
    if found.expires_at <= now:
        return ExpiredToken(detail="The device code has expired; ask for another one.")
    if found.is_allowed is None:
        await device_codes.write_poll(tx, code, now)
        if found.polled_at is not None and now - found.polled_at < device_codes.INTERVAL:
            return SlowDown(detail="Wait for five more seconds between two requests.")
        return AuthorizationPending(detail="The user has not decided yet.")
    await device_codes.delete_device_code(tx, code)
    session = (
        await sessions.lock_session(tx, found.session_id, now)
        if found.is_allowed and found.session_id is not None
        else None
    )
    if session is None:
        return AccessDenied(detail="The user does not permit it, or has logged out.")
    family = Family(
        family_id=uuid7(),
        client_id=client.client_id,
        user_id=session.user_id,
        session_id=session.session_id,
        scopes=found.scopes,
        expires_at=now + FAMILY_LIFETIME,
    )
    refresh = new_token() if GrantType.REFRESH_TOKEN in client.grants else None
    await families.insert_family(tx, family, refresh)
    return await grant_of(tx, family, frozenset(found.scopes), refresh)
