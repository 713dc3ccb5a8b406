"""Every statement of tokens and signing keys gets the same result from both PostgreSQLs."""

from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from tests.simulation.both import Both, BothTransaction, assert_same_tables
from tests.simulation.conftest import NOW, Port

from identity import clients, codes, families, sessions, users
from identity.codes import Code
from identity.commands.end_sessions import end_session
from identity.commands.exchange_code import CodeRequest, exchange_code
from identity.commands.refresh_token import RefreshRequest, refresh_token
from identity.commands.revoke_token import revoke_token
from identity.contract.problems import InvalidGrant
from identity.domain import USERS_GRANTS, Client, Grant, Session, User, challenge_of
from identity.signing_keys import KeyRing, make_drafts
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import Database

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
VERIFIER = "v" * 43
CALLBACK = "https://shop.example/callback"
KEYS = Path(__file__).parents[2] / "libs/simulation/src/waybill_simulation/token_keys"
CLIENT = Client(
    client_id="shop",
    service_id=uuid7(),
    name="Shop",
    secret_digest=None,
    redirect_uris=(CALLBACK,),
    scopes=frozenset({"orders:read"}),
    grants=USERS_GRANTS,
)


@pytest.fixture
async def both(simulated: Port, real: Port) -> Both:
    return Both(await simulated.open(), await real.open())


@pytest.fixture
def vault() -> Vault:
    return Vault(KEYS, "the index key of this test, which finds nobody")


async def _logged_in(both: Both, vault: Vault) -> UUID:
    """Create a user, a client, a session and a code."""
    user, session_id = User(uuid7(), "cus_1", "active"), uuid7()
    async with BothTransaction(both) as tx:
        await users.insert_user(tx, vault, user, "alice@example.com", NOW)
        await tx.execute(
            "insert into roles (role, scopes) values ('shopper', $1) on conflict do nothing",
            ["orders:read"],
        )
        await tx.execute(
            "insert into role_members (user_id, role) values ($1, 'shopper')", user.user_id
        )
        await clients.write_client(tx, CLIENT, created_by=None, now=NOW)
        session = Session(session_id, user.user_id, NOW, ("pwd",), NOW + DAY)
        await sessions.insert_session(tx, session, "cookie")
        code = Code(
            client_id="shop",
            session_id=session_id,
            redirect_uri=CALLBACK,
            scopes=["orders:read"],
            challenge=challenge_of(VERIFIER),
            nonce=None,
            expires_at=NOW + DAY,
        )
        await codes.insert_code(tx, "code", code)
    return session_id


async def test_tokens_are_the_same(both: Both, vault: Vault) -> None:
    session_id = await _logged_in(both, vault)
    async with BothTransaction(both) as tx:
        assert await clients.find_client(tx, "shop") is not None
        request = CodeRequest("code", CALLBACK, VERIFIER)
        first = await exchange_code(tx, CLIENT, request, now=NOW)
    assert isinstance(first, Grant)
    token, successor = str(first.refresh_token), ""
    for at in (NOW, NOW + SECOND):  # again within the grace
        async with BothTransaction(both) as tx:
            grant = await refresh_token(tx, CLIENT, RefreshRequest(token), now=at)
            assert isinstance(grant, Grant)
            assert grant.scopes == {"orders:read"}
            successor = str(grant.refresh_token)
    async with BothTransaction(both) as tx:
        replayed = await refresh_token(tx, CLIENT, RefreshRequest(token), now=NOW + 60 * SECOND)
        assert isinstance(replayed, InvalidGrant)
    async with BothTransaction(both) as tx:
        await revoke_token(tx, CLIENT, token, now=NOW)
        await exchange_code(tx, CLIENT, CodeRequest("code", CALLBACK, VERIFIER), now=NOW)
        assert await families.find_family_of(tx, successor) is not None
    await assert_same_tables(both)
    async with BothTransaction(both) as tx:
        assert await end_session(tx, session_id, None, now=NOW) is not None
        assert await end_session(tx, session_id, None, now=NOW) is None
    await assert_same_tables(both)


async def test_signing_keys_are_the_same(both: Both, vault: Vault) -> None:
    clock = ManualClock(NOW)
    # The ring needs a database only for what is not called here.
    ring = KeyRing(cast("Database", None), vault, clock)
    promoted = []
    for _ in range(3):
        drafts = await make_drafts()
        async with BothTransaction(both) as tx:
            rotated = await ring.rotate_in(tx, DAY, drafts)
        promoted.append(rotated.has_promoted)
        clock.advance(DAY)
    assert promoted == [False, True, True]
    await assert_same_tables(both)
