"""Rotation of refresh tokens on a real PostgreSQL, also raced."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
import pytest_asyncio

from identity.commands.end_sessions import end_session
from identity.commands.refresh_token import RefreshRequest, refresh_token
from identity.commands.revoke_token import revoke_token
from identity.contract.problems import InvalidGrant, InvalidScope
from identity.domain import GRACE, Client, Grant
from identity.testing.people import SCOPES, LoggedIn, People
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.postgres import Database, Transaction

AT_ONCE = 20
ROUNDS = 10


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


@pytest_asyncio.fixture
async def client(people: People) -> Client:
    return await people.client()


@pytest_asyncio.fixture
async def session(people: People) -> LoggedIn:
    return await people.session()


class Refreshing:
    """Refreshes as the token endpoint does: refusals commit."""

    def __init__(self, database: Database, client: Client, clock: ManualClock) -> None:
        self._database = database
        self._client = client
        self._clock = clock

    async def __call__(
        self, token: str, *, scopes: frozenset[str] | None = None, client: Client | None = None
    ) -> Grant | InvalidGrant | InvalidScope:
        async def run(tx: Transaction) -> Grant | InvalidGrant | InvalidScope:
            request = RefreshRequest(token, scopes)
            return await refresh_token(tx, client or self._client, request, now=self._clock.now())

        return await self._database.run(run)

    async def successor(self, token: str) -> str:
        """Refresh and return the next token; fails the test when it is refused."""
        grant = await self(token)
        assert isinstance(grant, Grant)
        assert grant.refresh_token is not None
        return grant.refresh_token

    async def is_refused(self, token: str) -> bool:
        return isinstance(await self(token), InvalidGrant)

    async def revoke(self, token: str) -> None:
        async with self._database.transaction() as tx:
            await revoke_token(tx, self._client, token, now=self._clock.now())


@pytest.fixture
def refresh(database: Database, client: Client, clock: ManualClock) -> Refreshing:
    return Refreshing(database, client, clock)


async def test_a_token_gives_its_user_and_the_scopes_that_the_roles_permit(
    people: People, session: LoggedIn, refresh: Refreshing
) -> None:
    grant = await refresh(await people.refresh_token(session))

    assert isinstance(grant, Grant)
    assert grant.subject.sub == f"user:{session.user_id}"
    assert grant.subject.sid == session.session_id
    assert grant.scopes == SCOPES


async def test_a_token_within_the_grace_gives_the_same_successor(
    people: People, session: LoggedIn, refresh: Refreshing, clock: ManualClock
) -> None:
    token = await people.refresh_token(session)
    first = await refresh.successor(token)
    clock.advance(GRACE)

    assert await refresh.successor(token) == first
    assert await refresh.successor(first) != first


async def test_a_replay_after_the_grace_revokes_all_tokens_of_the_authorization(
    people: People, session: LoggedIn, refresh: Refreshing, clock: ManualClock
) -> None:
    token = await people.refresh_token(session)
    successor = await refresh.successor(token)
    clock.advance(GRACE + timedelta(seconds=1))

    assert await refresh.is_refused(token)
    assert await refresh.is_refused(successor)


async def test_a_replay_revokes_when_the_successor_was_used(
    people: People, session: LoggedIn, refresh: Refreshing
) -> None:
    token = await people.refresh_token(session)
    second = await refresh.successor(token)
    third = await refresh.successor(second)

    assert await refresh.is_refused(token)
    assert await refresh.is_refused(third)


async def test_twenty_at_once_get_one_successor(
    people: People, session: LoggedIn, refresh: Refreshing, database: Database
) -> None:
    for _ in range(ROUNDS):
        token = await people.refresh_token(session)
        got = Counter(await asyncio.gather(*(refresh.successor(token) for _ in range(AT_ONCE))))
        assert list(got.values()) == [AT_ONCE]
    async with database.connection() as connection:
        tokens = await connection.fetchval("select count(*) from refresh_tokens")
    assert tokens == 2 * ROUNDS


async def test_nothing_survives_when_a_refresh_races_a_revocation(
    people: People, session: LoggedIn, refresh: Refreshing
) -> None:
    for _ in range(ROUNDS):
        token = await people.refresh_token(session)
        outcomes = await asyncio.gather(
            *(refresh(token) for _ in range(5)), refresh.revoke(token), refresh(token)
        )
        for outcome in outcomes:
            if isinstance(outcome, Grant):
                assert outcome.refresh_token
                assert await refresh.is_refused(outcome.refresh_token)


async def test_nothing_survives_when_a_refresh_races_the_end_of_its_session(
    people: People, refresh: Refreshing, database: Database, clock: ManualClock
) -> None:
    async def end(session: LoggedIn) -> None:
        async with database.transaction() as tx:
            await end_session(tx, session.session_id, None, now=clock.now())

    for _ in range(ROUNDS):
        session = await people.session()
        token = await people.refresh_token(session)
        outcomes = await asyncio.gather(refresh(token), end(session), refresh(token))
        for outcome in outcomes:
            if isinstance(outcome, Grant):
                assert outcome.refresh_token
                assert await refresh.is_refused(outcome.refresh_token)


async def test_more_scopes_than_were_granted_are_refused(
    people: People, session: LoggedIn, refresh: Refreshing
) -> None:
    token = await people.refresh_token(session)

    assert isinstance(await refresh(token, scopes=SCOPES | {"orders:any"}), InvalidScope)
    fewer = await refresh(token, scopes=frozenset({"orders:read"}))
    assert isinstance(fewer, Grant)
    assert fewer.scopes == {"orders:read"}


async def test_another_client_is_refused_and_revokes_nothing(
    people: People, session: LoggedIn, refresh: Refreshing
) -> None:
    token = await people.refresh_token(session)
    other = await people.client("other")

    assert isinstance(await refresh(token, client=other), InvalidGrant)
    assert await refresh.successor(token)


async def test_scopes_shrink_with_the_roles(
    people: People, session: LoggedIn, refresh: Refreshing, database: Database
) -> None:
    token = await people.refresh_token(session)
    async with database.connection() as connection:
        await connection.execute("delete from role_members")

    grant = await refresh(token)

    assert isinstance(grant, Grant)
    assert grant.scopes == {"openid"}


async def test_the_database_alone_does_not_give_the_successor(
    people: People, session: LoggedIn, refresh: Refreshing, database: Database
) -> None:
    token = await people.refresh_token(session)
    successor = await refresh.successor(token)

    async with database.connection() as connection:
        rows = await connection.fetch("select * from refresh_tokens")
    stored = repr([dict(row) for row in rows])
    assert token not in stored
    assert successor not in stored
