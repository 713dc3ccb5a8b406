"""Creates users who are logged in, and clients that they use."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from identity import clients, families, sessions, users
from identity.commands.issue_code import issue_code
from identity.domain import FAMILY_LIFETIME, Client, GrantType, Session, User, challenge_of
from identity.families import Family
from identity.opaque_tokens import digest, new_token
from identity.vault import Vault
from waybill.ids import uuid7
from waybill.postgres import Database

VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
REDIRECT_URI: Final = "https://shop.example/callback"
SECRET: Final = "of the shop"  # noqa: S105 (of a client that only tests create)
ALICE: Final = UUID("019ab2d4-0001-7c1a-9a3b-000000000001")
SESSION: Final = UUID("019ab2d4-0001-7c1a-9a3b-00000000000a")
"""The session that the tokens of alice and bob name, if a test creates it."""
BOB: Final = UUID("019ab2d4-0001-7c1a-9a3b-000000000002")
SCOPES: Final = frozenset({"openid", "orders:read", "orders:write"})


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A user with an open session."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class People:
    """Creates what a test needs, as of the time `now`."""

    database: Database
    vault: Vault
    now: datetime

    async def user(
        self, *roles: str, email: str = "", status: str = "active", user_id: UUID | None = None
    ) -> UUID:
        """Create a user with roles, a customer without any; one that exists is kept."""
        user_id = user_id or uuid7()
        user = User(user_id, f"cus_{user_id.hex}", status)
        async with self.database.transaction() as tx:
            address = email or f"{user_id.hex}@example.com"
            await users.insert_user(tx, self.vault, user, address, self.now)
            await users.set_roles(tx, user_id, roles or ("customer",))
        return user_id

    async def session(
        self,
        user_id: UUID | None = None,
        *,
        session_id: UUID | None = None,
        ago: timedelta = timedelta(0),
    ) -> LoggedIn:
        """Log a user in, some time `ago`; a new user by default."""
        user_id = user_id or await self.user()
        session = Session(
            session_id=session_id or uuid7(),
            user_id=user_id,
            auth_time=self.now - ago,
            amr=("pwd",),
            expires_at=self.now + timedelta(hours=12),
        )
        async with self.database.transaction() as tx:
            await sessions.insert_session(tx, session, new_token())
        return LoggedIn(user_id, session.session_id)

    async def client(
        self, client_id: str = "shop", *, secret: str | None = SECRET, scopes: Collection[str] = ()
    ) -> Client:
        """Create a client that may use all grants, a public one without secret."""
        client = Client(
            client_id=client_id,
            service_id=uuid7(),
            name=client_id,
            secret_digest=None if secret is None else digest(secret),
            redirect_uris=(REDIRECT_URI,),
            scopes=frozenset(scopes or SCOPES),
            grants=frozenset(GrantType),
        )
        async with self.database.transaction() as tx:
            await clients.write_client(tx, client, created_by=None, now=self.now)
        return client

    async def code(self, session: LoggedIn, client_id: str = "shop") -> str:
        """Issue a code for a client, for the verifier of these tests."""
        async with self.database.transaction() as tx:
            return await issue_code(
                tx,
                client_id=client_id,
                session_id=session.session_id,
                redirect_uri=REDIRECT_URI,
                scopes=SCOPES,
                challenge=challenge_of(VERIFIER),
                nonce="n-0S6",
                now=self.now,
            )

    async def refresh_token(self, session: LoggedIn, client_id: str = "shop") -> str:
        """Return the first refresh token of an authorization."""
        token = new_token()
        family = Family(
            family_id=uuid7(),
            client_id=client_id,
            user_id=session.user_id,
            session_id=session.session_id,
            scopes=SCOPES,
            expires_at=self.now + FAMILY_LIFETIME,
        )
        async with self.database.transaction() as tx:
            await families.insert_family(tx, family, token)
        return token
