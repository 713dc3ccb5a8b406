"""End sessions early: their refresh tokens are revoked, their access tokens refused."""

from datetime import datetime
from uuid import UUID

from identity import families, sessions
from identity.contract.events import send
from identity.contract.sent import SessionEnded
from waybill.postgres import Transaction
from waybill.security_log import record


async def end_session(
    tx: Transaction, session_id: UUID, user_id: UUID | None, *, now: datetime
) -> UUID | None:
    """End a session of this user, or of anybody; return its user, None when there is none."""
    ended = await sessions.write_end(tx, session_id, user_id, now)
    if ended is None:
        return None
    await families.revoke_families_of(tx, session_id, "session ended", now)
    await sessions.deny(tx, session_id, now)
    await record(tx, "session.ended", target=str(session_id), detail={"user_id": str(ended)})
    send(tx, SessionEnded(user_id=ended, session_id=session_id))
    return ended


async def end_sessions_of(tx: Transaction, user_id: UUID, *, now: datetime) -> None:
    """End all sessions of a user."""
    for session_id in await sessions.lock_open_sessions(tx, user_id):
        await end_session(tx, session_id, user_id, now=now)
