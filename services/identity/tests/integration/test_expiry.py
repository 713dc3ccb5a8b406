"""What is over is deleted by a timer, and nothing that is still needed."""

from datetime import timedelta
from typing import Final

import pytest
import pytest_asyncio

from identity import api_keys, sessions
from identity.api_keys import KeyRow
from identity.commands.end_sessions import end_session
from identity.domain import FAMILY_LIFETIME
from identity.expiry import KEPT_FOR, delete_expired
from identity.testing.people import LoggedIn, People
from identity.vault import Vault
from waybill.api_keys import new_api_key
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import Database

SESSION_LIFETIME: Final = timedelta(hours=12)
MOMENT: Final = timedelta(seconds=1)
TABLES: Final = ("sessions", "families", "refresh_tokens", "codes", "api_keys", "denied_sessions")
NOTHING: Final = dict.fromkeys(TABLES, 0)


@pytest_asyncio.fixture
async def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    people = People(database, vault, clock.now())
    await people.client()
    return people


@pytest_asyncio.fixture
async def session(people: People) -> LoggedIn:
    return await people.session()


async def delete(database: Database, clock: ManualClock, limit: int = 100) -> int:
    return await database.run(lambda tx: delete_expired(tx, clock.now(), limit))


async def rows(database: Database) -> dict[str, int]:
    async with database.connection() as connection:
        return {each: await connection.fetchval(f"select count(*) from {each}") for each in TABLES}


async def end(database: Database, session: LoggedIn, clock: ManualClock) -> None:
    await database.run(
        lambda tx: end_session(tx, session.session_id, session.user_id, now=clock.now())
    )


async def test_a_session_is_deleted_a_day_after_it_expired(
    database: Database, session: LoggedIn, clock: ManualClock
) -> None:
    clock.advance(SESSION_LIFETIME + KEPT_FOR)
    await delete(database, clock)
    assert await rows(database) == NOTHING | {"sessions": 1}

    clock.advance(MOMENT)
    await delete(database, clock)
    assert await rows(database) == NOTHING


async def test_a_session_that_was_ended_is_deleted_with_its_codes_and_tokens(
    database: Database, people: People, session: LoggedIn, clock: ManualClock
) -> None:
    await people.code(session)
    await people.refresh_token(session)
    await end(database, session, clock)
    clock.advance(KEPT_FOR + MOMENT)
    await delete(database, clock)

    assert await rows(database) == NOTHING


async def test_a_session_stays_as_long_as_it_has_refresh_tokens(
    database: Database, people: People, session: LoggedIn, clock: ManualClock
) -> None:
    await people.refresh_token(session)
    clock.advance(FAMILY_LIFETIME + KEPT_FOR)
    await delete(database, clock)
    kept = {"sessions": 1, "families": 1, "refresh_tokens": 1}
    assert await rows(database) == NOTHING | kept

    clock.advance(MOMENT)
    await delete(database, clock)
    assert await rows(database) == NOTHING


async def test_an_open_session_stays(
    database: Database, people: People, session: LoggedIn, clock: ManualClock
) -> None:
    ended = await people.session()
    await end(database, ended, clock)
    clock.advance(SESSION_LIFETIME - MOMENT)
    await delete(database, clock)

    async with database.connection() as connection:
        assert await sessions.get_session(connection, session.session_id) is not None


async def test_as_many_rows_are_deleted_at_once_as_the_timer_permits(
    database: Database, people: People, session: LoggedIn, clock: ManualClock
) -> None:
    for _ in range(2):
        await people.session()
    clock.advance(SESSION_LIFETIME + KEPT_FOR + MOMENT)

    assert [await delete(database, clock, limit=2) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("is_revoked", [True, False])
async def test_an_api_key_is_deleted_a_day_after_it_expired_or_was_revoked(
    database: Database, people: People, clock: ManualClock, *, is_revoked: bool
) -> None:
    user_id, now = await people.user(), clock.now()
    lifetime = timedelta(days=10)
    row = KeyRow(
        key_id=uuid7(),
        user_id=user_id,
        name="import",
        scopes=["orders:read"],
        created_at=now,
        expires_at=now + lifetime,
    )
    async with database.transaction() as tx:
        await api_keys.insert_key(tx, new_api_key(row.key_id), row)
        if is_revoked:
            await api_keys.revoke_key(tx, row.key_id, user_id, now)
    clock.advance(KEPT_FOR if is_revoked else lifetime + KEPT_FOR)
    await delete(database, clock)
    assert await rows(database) == NOTHING | {"api_keys": 1}

    clock.advance(MOMENT)
    await delete(database, clock)
    assert await rows(database) == NOTHING
