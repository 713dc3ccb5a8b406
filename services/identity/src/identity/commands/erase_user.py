"""Erase a user: what names the person is deleted, and nothing of it is accepted any more.

The ids of the user stay, since orders, events and the security log refer to them.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import MISSING

from identity import sessions, users
from identity.commands.end_sessions import end_sessions_of
from identity.commands.revoke_api_keys import revoke_api_keys_of
from identity.contract.events import send
from identity.contract.sent import UserErased
from waybill.http.access import Principal
from waybill.http.problems import ProblemError, Unauthenticated
from waybill.postgres import Connection, Transaction
from waybill.security_log import record

RECENT: Final = timedelta(minutes=5)
"""How long ago a user may have logged in who erases itself: erasing cannot be undone."""


async def erase_user(tx: Transaction, user_id: UUID, *, now: datetime) -> bool:
    """Erase a user; one that is erased already stays so. Return False when there is none."""
    user = await users.lock_user(tx, user_id)
    if user is None:
        return False
    if user.status == "removed":
        return True
    await end_sessions_of(tx, user_id, now=now)
    await revoke_api_keys_of(tx, user_id, now=now)
    await users.erase(tx, user_id)
    await record(tx, "user.erased", target=str(user_id))
    customer_ref = MISSING if user.customer_ref is None else user.customer_ref
    send(tx, UserErased(user_id=user_id, customer_ref=customer_ref))
    return True


async def require_recent_login(
    connection: Connection, principal: Principal, user_id: UUID, *, now: datetime
) -> None:
    """Check that a token is of a session of this user that was opened a short time ago.

    Raises ProblemError(Unauthenticated) as RFC 9470 defines it. The token of an API key has no
    session, so it is refused too.
    """
    try:
        session_id = UUID(principal.claims.get("sid", ""))
    except ValueError:
        session_id = None
    session = None if session_id is None else await sessions.get_session(connection, session_id)
    if session is None or session.user_id != user_id or session.auth_time < now - RECENT:
        seconds = int(RECENT.total_seconds())
        challenge = f'Bearer error="insufficient_user_authentication", max_age="{seconds}"'
        detail = f"Log in again, and repeat this with the new token within {seconds} seconds."
        raise ProblemError(Unauthenticated(detail=detail, challenge=challenge))
