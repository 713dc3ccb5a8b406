"""Exchange an authorization code for tokens, once (RFC 6749, 4.1.3, and RFC 7636)."""

from dataclasses import dataclass, replace
from datetime import datetime

from identity import codes, families, sessions
from identity.codes import Code
from identity.commands.refresh_token import grant_of
from identity.contract.problems import InvalidGrant
from identity.domain import FAMILY_LIFETIME, Client, Grant, GrantType, verifies
from identity.families import Family
from identity.opaque_tokens import new_token
from waybill.ids import uuid7
from waybill.postgres import Transaction
from waybill.security_log import record


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """What a client sends."""

    code: str
    redirect_uri: str
    verifier: str


async def exchange_code(
    tx: Transaction, client: Client, request: CodeRequest, *, now: datetime
) -> Grant | InvalidGrant:
    """Return the grant. The caller commits after a problem too: it spends the code.

    A code that comes twice has been stolen, so what it gave is revoked.
    """
    code = await codes.lock_code(tx, request.code)
    if code is None or code.client_id != client.client_id:
        return _refused()
    if code.used_at is not None:
        if code.family_id is not None:
            await families.revoke_family(tx, code.family_id, "code used twice", now)
            detail = {"client_id": client.client_id, "session_id": str(code.session_id)}
            await record(tx, "code.replayed", target=str(code.family_id), detail=detail)
        return _refused()
    await codes.spend_code(tx, request.code, now)
    if not _fits(code, request, now):
        return _refused()
    session = await sessions.lock_session(tx, code.session_id, now)
    if session is None:
        return _refused()
    family = Family(
        family_id=uuid7(),
        client_id=client.client_id,
        user_id=session.user_id,
        session_id=session.session_id,
        scopes=code.scopes,
        expires_at=now + FAMILY_LIFETIME,
    )
    refresh = new_token() if GrantType.REFRESH_TOKEN in client.grants else None
    await families.insert_family(tx, family, refresh)
    await codes.set_family(tx, request.code, family.family_id)
    grant = await grant_of(tx, family, frozenset(code.scopes), refresh)
    return replace(grant, nonce=code.nonce)


def _fits(code: Code, request: CodeRequest, now: datetime) -> bool:
    return (
        code.expires_at > now
        and code.redirect_uri == request.redirect_uri
        and verifies(request.verifier, code.challenge)
    )


def _refused() -> InvalidGrant:
    detail = (
        "The code is unknown, expired or was used, or it is for another client, redirect_uri or"
        " code_verifier."
    )
    return InvalidGrant(detail=detail)
