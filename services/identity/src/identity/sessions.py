"""SQL of sessions, and of those that were ended early."""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from identity.domain import Session
from identity.opaque_tokens import digest
from waybill.postgres import Connection, Transaction

_SESSIONS: Final = """
    select session_id, user_id, auth_time, amr, expires_at, ended_at from sessions
"""
_INSERT: Final = """
    insert into sessions (session_id, digest, user_id, auth_time, amr, expires_at)
    values ($1, $2, $3, $4, $5, $6)
"""
_FIND: Final = _SESSIONS + "where digest = $1"
_GET: Final = _SESSIONS + "where session_id = $1"
_LOCK_SHARED: Final = _GET + " for share"
_PAGE: Final = (
    _SESSIONS
    + """
    where ($1::uuid is null or user_id = $1) and ended_at is null and expires_at > $2
        and ($3::uuid is null or session_id < $3)
    order by session_id desc limit $4
"""
)
_END: Final = """
    update sessions set ended_at = $3
    where session_id = $1 and ended_at is null and ($2::uuid is null or user_id = $2)
    returning user_id
"""
_OPEN_OF: Final = """
    select session_id from sessions where user_id = $1 and ended_at is null
    order by session_id for update
"""
_DENY: Final = """
    insert into denied_sessions (sid, denied_at) values ($1, $2) on conflict (sid) do nothing
"""
_DENIED: Final = "select sid from denied_sessions where denied_at >= $1 order by sid"
_IS_DENIED: Final = "select exists (select from denied_sessions where sid = $1)"
_DELETE_DENIED: Final = """
    delete from denied_sessions where sid in (
        select sid from denied_sessions where denied_at < $1 limit $2 for update skip locked
    )
"""
# A family of refresh tokens lives longer than its session, and gives tokens with its auth_time.
_DELETE_OVER: Final = """
    delete from sessions where session_id in (
        select session_id from sessions
        where least(ended_at, expires_at) < $1
            and not exists (select from families where families.session_id = sessions.session_id)
            and not exists (select from codes where codes.session_id = sessions.session_id)
            and not exists (
                select from device_codes where device_codes.session_id = sessions.session_id
            )
        limit $2 for update skip locked
    )
"""


async def insert_session(tx: Transaction, session: Session, cookie: str) -> None:
    """Insert a session; `cookie` is what the browser knows it by."""
    await tx.execute(
        _INSERT,
        session.session_id,
        digest(cookie),
        session.user_id,
        session.auth_time,
        list(session.amr),
        session.expires_at,
    )


async def find_session(connection: Connection, cookie: str, now: datetime) -> Session | None:
    """Return the session of a cookie; None when it has ended."""
    return _open(await connection.fetchrow(_FIND, digest(cookie)), now)


async def get_session(connection: Connection, session_id: UUID) -> Session | None:
    """Return a session, also one that has ended."""
    return _session(await connection.fetchrow(_GET, session_id))


async def lock_session(tx: Transaction, session_id: UUID, now: datetime) -> Session | None:
    """Keep a session from being ended until this transaction is; None when it has ended."""
    return _open(await tx.fetchrow(_LOCK_SHARED, session_id), now)


async def list_sessions(
    connection: Connection,
    user_id: UUID | None,
    now: datetime,
    before: UUID | None,
    limit: int,
) -> list[Session]:
    """Return the open sessions of a user, or of all users, the newest first."""
    rows = await connection.fetch(_PAGE, user_id, now, before, limit)
    return [found for row in rows if (found := _session(row))]


async def write_end(
    tx: Transaction, session_id: UUID, user_id: UUID | None, now: datetime
) -> UUID | None:
    """End a session of this user, or of anybody; return its user, None when there is none."""
    ended: UUID | None = await tx.fetchval(_END, session_id, user_id, now)
    return ended


async def lock_open_sessions(tx: Transaction, user_id: UUID) -> list[UUID]:
    """Lock the open sessions of a user and return their ids."""
    return [row["session_id"] for row in await tx.fetch(_OPEN_OF, user_id)]


async def deny(tx: Transaction, sid: UUID, now: datetime) -> None:
    """Have all services refuse the tokens of a session or an API key."""
    await tx.execute(_DENY, sid, now)


async def list_denied(connection: Connection, since: datetime) -> list[UUID]:
    """Return what was denied since then."""
    return [row["sid"] for row in await connection.fetch(_DENIED, since)]


async def is_denied(connection: Connection, sid: UUID) -> bool:
    """Whether tokens of this session or API key are refused."""
    return bool(await connection.fetchval(_IS_DENIED, sid))


async def delete_denied(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` entries that are older than any token; return how many."""
    return int((await tx.execute(_DELETE_DENIED, before, limit)).split()[-1])


async def delete_over(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` sessions that were over before, and have no tokens; return how many."""
    return int((await tx.execute(_DELETE_OVER, before, limit)).split()[-1])


def _open(row: asyncpg.Record | None, now: datetime) -> Session | None:
    session = _session(row)
    if session is None or session.ended_at is not None or session.expires_at <= now:
        return None
    return session


def _session(row: asyncpg.Record | None) -> Session | None:
    if row is None:
        return None
    return Session(
        row["session_id"],
        row["user_id"],
        row["auth_time"],
        tuple(row["amr"]),
        row["expires_at"],
        row["ended_at"],
    )
