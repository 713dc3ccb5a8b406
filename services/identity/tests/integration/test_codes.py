"""Authorization codes on a real PostgreSQL, also raced."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from identity.commands.end_sessions import end_session
from identity.commands.exchange_code import CodeRequest, exchange_code
from identity.commands.issue_code import issue_code
from identity.commands.refresh_token import RefreshRequest, refresh_token
from identity.contract.problems import InvalidGrant
from identity.domain import CODE_LIFETIME, Client, Grant
from identity.testing.people import REDIRECT_URI, SCOPES, VERIFIER, LoggedIn, People
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.postgres import Database, Transaction


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


@pytest_asyncio.fixture
async def client(people: People) -> Client:
    return await people.client()


@pytest_asyncio.fixture
async def session(people: People) -> LoggedIn:
    return await people.session()


@pytest_asyncio.fixture
async def request_(people: People, client: Client, session: LoggedIn) -> CodeRequest:
    return CodeRequest(await people.code(session, client.client_id), REDIRECT_URI, VERIFIER)


class Exchanging:
    """Exchanges as the token endpoint does: refusals commit."""

    def __init__(self, database: Database, client: Client, clock: ManualClock) -> None:
        self._database = database
        self._client = client
        self._clock = clock

    async def __call__(
        self, request: CodeRequest, client: Client | None = None
    ) -> Grant | InvalidGrant:
        async def run(tx: Transaction) -> Grant | InvalidGrant:
            return await exchange_code(tx, client or self._client, request, now=self._clock.now())

        return await self._database.run(run)

    async def can_refresh(self, grant: Grant) -> bool:
        async def run(tx: Transaction) -> bool:
            request = RefreshRequest(grant.refresh_token or "")
            found = await refresh_token(tx, self._client, request, now=self._clock.now())
            return isinstance(found, Grant)

        return await self._database.run(run)


@pytest.fixture
def exchange(database: Database, client: Client, clock: ManualClock) -> Exchanging:
    return Exchanging(database, client, clock)


async def test_a_code_gives_tokens_of_its_session(
    exchange: Exchanging, request_: CodeRequest, session: LoggedIn
) -> None:
    grant = await exchange(request_)

    assert isinstance(grant, Grant)
    assert (grant.subject.user_id, grant.subject.sid) == (session.user_id, session.session_id)
    assert (grant.scopes, grant.nonce) == (SCOPES, "n-0S6")
    assert await exchange.can_refresh(grant)


async def test_a_code_is_refused_and_its_tokens_revoked_when_it_comes_twice(
    exchange: Exchanging, request_: CodeRequest
) -> None:
    grant = await exchange(request_)
    assert isinstance(grant, Grant)

    assert isinstance(await exchange(request_), InvalidGrant)
    assert not await exchange.can_refresh(grant)


async def test_one_of_two_wins_and_its_tokens_are_revoked(
    exchange: Exchanging, request_: CodeRequest
) -> None:
    outcomes = await asyncio.gather(*(exchange(request_) for _ in range(10)))

    [winner] = [each for each in outcomes if isinstance(each, Grant)]
    assert not await exchange.can_refresh(winner)


@pytest.mark.parametrize(
    "change",
    [
        {"verifier": VERIFIER[:-1] + "l"},
        {"verifier": "short"},
        {"redirect_uri": REDIRECT_URI + "/"},
    ],
)
async def test_a_code_is_spent_when_verifier_or_redirect_uri_is_wrong(
    exchange: Exchanging, request_: CodeRequest, change: dict[str, str]
) -> None:
    assert isinstance(await exchange(replace(request_, **change)), InvalidGrant)
    assert isinstance(await exchange(request_), InvalidGrant)


async def test_a_code_is_refused_and_not_spent_for_another_client(
    exchange: Exchanging, request_: CodeRequest, people: People
) -> None:
    assert isinstance(await exchange(request_, await people.client("other")), InvalidGrant)
    assert isinstance(await exchange(request_), Grant)


async def test_a_code_is_refused_after_a_minute(
    exchange: Exchanging, request_: CodeRequest, clock: ManualClock
) -> None:
    clock.advance(CODE_LIFETIME + timedelta(seconds=1))
    assert isinstance(await exchange(request_), InvalidGrant)


async def test_nothing_survives_when_the_session_ends_at_the_same_time(
    exchange: Exchanging, people: People, client: Client, database: Database, clock: ManualClock
) -> None:
    async def end(session: LoggedIn) -> None:
        async with database.transaction() as tx:
            await end_session(tx, session.session_id, None, now=clock.now())

    for _ in range(10):
        session = await people.session()
        code = CodeRequest(await people.code(session, client.client_id), REDIRECT_URI, VERIFIER)
        outcome, _ = await asyncio.gather(exchange(code), end(session))
        assert isinstance(outcome, InvalidGrant) or not await exchange.can_refresh(outcome)


async def test_a_verifier_proves_nothing_without_a_challenge(
    client: Client,
    session: LoggedIn,
    exchange: Exchanging,
    database: Database,
    clock: ManualClock,
) -> None:
    async with database.transaction() as tx:
        code = await issue_code(
            tx,
            client_id=client.client_id,
            session_id=session.session_id,
            redirect_uri=REDIRECT_URI,
            scopes=SCOPES,
            challenge="",
            nonce=None,
            now=clock.now(),
        )
    refused = await exchange(CodeRequest(code, REDIRECT_URI, VERIFIER))
    assert isinstance(refused, InvalidGrant)
