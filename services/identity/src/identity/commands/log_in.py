"""Log a user in, for the page that asks for address and password.

Whatever is wrong, the answer and the time that it takes are the same, so that nobody learns which
addresses are registered. Hashing happens between two transactions, never inside one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from identity import passwords, sessions, users
from identity.attempts import Attempts
from identity.domain import Session, User
from identity.opaque_tokens import new_token
from identity.passwords import Passwords
from identity.token_signing import user_subject
from identity.totp import Totp
from identity.vault import Vault
from waybill.ids import uuid7
from waybill.postgres import Database, Transaction
from waybill.security_log import record

SESSION_LIFETIME: Final = timedelta(hours=12)

Refusal: TypeAlias = Literal["wrong", "code needed", "too many attempts"]
"""`code needed` is told only to whoever knows the password."""


@dataclass(frozen=True, slots=True)
class Login:
    """What a user sends, and the address that it came from."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    code: str | None = field(repr=False)
    address: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session, and the cookie of its browser: never one that the browser had before."""

    session: Session
    cookie: str = field(repr=False)


class LogIn:
    """The use case, with what it needs."""

    def __init__(self, database: Database, vault: Vault, hashes: Passwords) -> None:
        self._database = database
        self._vault = vault
        self._passwords = hashes
        self._totp = Totp(vault)
        self._attempts = Attempts(vault, "login")

    async def __call__(self, login: Login, *, now: datetime) -> Opened | Refusal:
        """Return the session. Raises ProblemError(Unavailable) when too many passwords wait."""
        subjects = self._attempts.subjects(login.email, login.address)

        async def begin(tx: Transaction) -> bool:
            return await self._attempts.begin(tx, subjects, now)

        if not await self._database.run(begin):
            return "too many attempts"
        async with self._database.connection() as connection:
            user = await users.find_user_by_email(connection, self._vault, login.email)
            stored = await passwords.find_hash(connection, user.user_id) if user else None
        is_right = await self._passwords.verify(stored, login.password)
        if user is None or not is_right or user.status != "active":
            return "wrong"

        async def finish(tx: Transaction) -> Opened | Refusal:
            opened = await self._open(tx, user, login.code, now)
            if isinstance(opened, Opened):
                await self._attempts.succeed(tx, subjects, now)
            return opened

        return await self._database.run(finish)

    async def _open(
        self, tx: Transaction, user: User, code: str | None, now: datetime
    ) -> Opened | Refusal:
        locked = await users.lock_user(tx, user.user_id)
        if locked is None or locked.status != "active":
            return "wrong"
        amr: tuple[str, ...] = ("pwd",)
        if await self._totp.is_on(tx, user.user_id):
            if code is None:
                return "code needed"
            if not await self._totp.use(tx, user.user_id, code, now):
                return "wrong"
            amr = ("pwd", "otp")
        return await open_session(tx, user, amr, now=now)


async def open_session(
    tx: Transaction, user: User, amr: tuple[str, ...], *, now: datetime
) -> Opened:
    """Open a session of a user that the caller has locked; it always gets a new cookie."""
    cookie = new_token()
    session = Session(uuid7(), user.user_id, now, amr, now + SESSION_LIFETIME)
    await sessions.insert_session(tx, session, cookie)
    await record(
        tx,
        "session.opened",
        target=str(session.session_id),
        detail={"amr": " ".join(amr)},
        actor=user_subject(user.user_id),
    )
    return Opened(session, cookie)
