"""Sessions: listed and ended."""

from typing import Final
from uuid import UUID

from identity import sessions
from identity.commands.end_sessions import end_session
from identity.contract import api, models
from identity.contract.problems import SessionNotFound
from identity.domain import Session
from identity.operations.keys import user_of
from identity.parts import Operations
from waybill.http import Call, Owner
from waybill.http.pages import Cursor, split_page
from waybill.postgres import Transaction

_SESSIONS: Final = Cursor(UUID)


class SessionOperations(Operations):
    """The operations of sessions."""

    async def list_sessions(
        self, _call: Call, *, user_id: UUID | None, cursor: str | None, limit: int
    ) -> api.ListSessionsResult:
        """Return a page of open sessions."""
        before = _SESSIONS.decode(cursor)
        async with self._database.connection() as connection:
            found = await sessions.list_sessions(
                connection, user_id, self._clock.now(), before, limit + 1
            )
        page, last = split_page(found, limit)
        return api.ListSessions200(
            body=models.SessionPage(
                items=[_session(each) for each in page],
                next_cursor=_SESSIONS.encode(last.session_id) if last else None,
            )
        )

    async def end_session(
        self, call: Call, *, owner: Owner, session_id: UUID
    ) -> api.EndSessionResult:
        """End a session of the caller, or of anybody."""

        async def run(tx: Transaction) -> api.EndSessionResult:
            ended_of = await end_session(tx, session_id, user_of(owner), now=self._clock.now())
            if ended_of is None:
                return SessionNotFound(detail=f"There is no open session {session_id}.")
            return api.EndSession200(
                body=models.EndedSession(session_id=session_id, user_id=ended_of)
            )

        return await call.transact(self._database, run)


def _session(session: Session) -> models.Session:
    return models.Session(
        session_id=session.session_id,
        user_id=session.user_id,
        auth_time=session.auth_time,
        amr=list(session.amr),
        expires_at=session.expires_at,
    )
