"""Exchange a refresh token for its successor, once.

A client whose answer was lost, or that runs in two tabs, sends a token again: for ten seconds, and
while the successor was not used, it gets the same successor. After that a used token means that two
parties have it, so the family is revoked (RFC 9700, 4.14.2).

The successor is not stored: it is the HMAC of a random seed in the row, with the token itself as
the key. The database alone cannot make it, and neither can the token without the row.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity import families, sessions, users
from identity.contract.problems import InvalidGrant, InvalidScope
from identity.domain import GRACE, PROTOCOL_SCOPES, Client, Grant
from identity.families import Family
from identity.opaque_tokens import TOKEN_BYTES
from identity.token_signing import Subject, user_subject
from waybill.postgres import Transaction
from waybill.security_log import record


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """What a client sends; `scopes` None asks for all that were granted."""

    token: str
    scopes: frozenset[str] | None = None


async def refresh_token(
    tx: Transaction, client: Client, request: RefreshRequest, *, now: datetime
) -> Grant | InvalidGrant | InvalidScope:
    """Return the grant. The caller commits after a problem too: it may have revoked the family."""
    family = await families.lock_family_of(tx, request.token)
    if family is None or family.client_id != client.client_id:
        return _refused()
    if family.revoked_at is not None or family.expires_at <= now:
        return _refused()
    scopes = frozenset(family.scopes)
    if request.scopes is not None and not request.scopes <= scopes:
        return InvalidScope(detail="A refresh token cannot get more scopes than were granted.")
    successor = await _rotate(tx, family, request.token, now)
    if successor is None:
        await families.revoke_family(tx, family.family_id, "replayed", now)
        detail = {"client_id": client.client_id, "user_id": str(family.user_id)}
        await record(tx, "authorization.replayed", target=str(family.family_id), detail=detail)
        return _refused()
    return await grant_of(
        tx, family, scopes if request.scopes is None else request.scopes, successor
    )


async def grant_of(
    tx: Transaction, family: Family, scopes: frozenset[str], refresh: str | None
) -> Grant:
    """Return what a family grants now: at most what the user's roles permit today."""
    permitted = await users.scopes_of(tx, family.user_id) | PROTOCOL_SCOPES
    return Grant(
        subject=await subject_of(tx, family.user_id, family.session_id),
        client_id=family.client_id,
        scopes=scopes & permitted,
        refresh_token=refresh,
    )


async def subject_of(tx: Transaction, user_id: UUID, session_id: UUID) -> Subject:
    """Return the subject of tokens of a session."""
    user = await users.find_user(tx, user_id)
    session = await sessions.get_session(tx, session_id)
    if user is None or session is None:
        raise LookupError(f"session {session_id} has no row")
    return Subject(
        sub=user_subject(user_id),
        user_id=user_id,
        customer_ref=user.customer_ref,
        sid=session_id,
        auth_time=session.auth_time,
        amr=session.amr,
    )


async def _rotate(tx: Transaction, family: Family, token: str, now: datetime) -> str | None:
    """Return the successor of a token; None when the token was replayed."""
    seed = secrets.token_bytes(TOKEN_BYTES)
    generation = await families.use_token(tx, token, seed, now)
    if generation is not None:
        successor = successor_of(token, seed)
        await families.insert_token(tx, family.family_id, successor, generation=generation + 1)
        return successor
    used = await families.find_used(tx, token)
    if used.is_successor_unused and now - used.used_at <= GRACE:
        return successor_of(token, used.successor_seed)
    return None


def successor_of(token: str, seed: bytes) -> str:
    """Return the token that follows a token with this seed: 256 bits, like every other."""
    mac = hmac.digest(token.encode(), seed, hashlib.sha256)
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def _refused() -> InvalidGrant:
    detail = "The refresh token is unknown, expired, revoked, or was used before."
    return InvalidGrant(detail=detail)
