"""What is left of a user who was erased."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from identity import mail_tokens, passwords, users
from identity.api_keys import KeyRow, insert_key
from identity.commands.erase_user import erase_user
from identity.commands.register_user import request_password_reset
from identity.consents import add_consent
from identity.mail import Mail
from identity.testing.people import People
from identity.totp import Totp
from identity.vault import Vault
from waybill.api_keys import new_api_key
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import Database, Transaction
from waybill_toolkit.operations.audit.identity import IDENTITY
from waybill_toolkit.testing.eventually import eventually

EMAIL = "ann@example.com"
_WAITING = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


async def _erase(database: Database, user_id: UUID, clock: ManualClock) -> bool:
    async with database.transaction() as tx:
        tx.actor = "system"
        return await erase_user(tx, user_id, now=clock.now())


async def _count(database: Database, sql: str) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval(f"select count(*) from {sql}"))


async def test_the_address_of_a_removed_user_is_gone(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id = await people.user(email=EMAIL)
    async with database.connection() as connection:
        assert await users.read_email(connection, vault, user_id) == EMAIL

    assert await _erase(database, user_id, clock)

    async with database.connection() as connection:
        row = await connection.fetchrow(
            "select email_cipher, email_index from users where user_id = $1", user_id
        )
        assert row is not None
        assert row["email_cipher"] == ""
        assert row["email_index"] != users.email_index(vault, EMAIL)
        assert await users.find_user_by_email(connection, vault, EMAIL) is None


async def test_nothing_but_ids_is_left_of_an_erased_user(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id, now = await people.user("customer", "clerk", email=EMAIL), clock.now()
    kept = await people.user()
    await people.client()
    session = await people.session(user_id)
    await people.refresh_token(session)
    async with database.transaction() as tx:
        await passwords.set_hash(tx, user_id, "a hash")
        await passwords.set_hash(tx, kept, "a hash")
        await Totp(vault).enrol(tx, user_id)
        await mail_tokens.new_mail_token(tx, user_id, "reset", now)
        await add_consent(tx, user_id, "shop", ["orders:read"], now)
        await tx.execute("insert into recovery_codes values ('a code', $1)", user_id)
        key = new_api_key(uuid7())
        row = KeyRow(
            key_id=key.key_id,
            user_id=user_id,
            name="her phone",
            scopes=[],
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        await insert_key(tx, key, row)

    assert await _erase(database, user_id, clock)

    async with database.connection() as connection:
        for invariant in IDENTITY:
            assert await connection.fetch(invariant.sql) == []
        assert await passwords.find_hash(connection, kept) == "a hash"
        assert await users.scopes_of(connection, user_id) == frozenset()


async def test_a_second_erasure_changes_nothing(
    people: People, database: Database, clock: ManualClock
) -> None:
    user_id = await people.user()

    assert [await _erase(database, user_id, clock) for _ in range(2)] == [True, True]

    assert await _count(database, "outbox where type = 'identity.user-erased.v1'") == 1
    assert await _count(database, "security_log where action = 'user.erased'") == 1


async def test_one_of_twenty_erasures_at_once_takes_effect(
    people: People, database: Database, clock: ManualClock
) -> None:
    user_id = await people.user()

    done = await asyncio.gather(*(_erase(database, user_id, clock) for _ in range(20)))

    assert all(done)
    assert await _count(database, "outbox where type = 'identity.user-erased.v1'") == 1


async def test_nobody_is_erased_when_there_is_no_such_user(
    database: Database, clock: ManualClock
) -> None:
    assert not await _erase(database, uuid7(), clock)


async def _ask_for_reset(tx: Transaction, vault: Vault, clock: ManualClock) -> Mail | None:
    return await request_password_reset(tx, vault, EMAIL, "http://x", now=clock.now())


async def test_a_link_that_is_being_made_is_deleted_with_its_user(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id = await people.user(email=EMAIL)
    async with asyncio.TaskGroup() as tasks, database.transaction() as tx:
        assert await _ask_for_reset(tx, vault, clock) is not None
        erasing = tasks.create_task(_erase(database, user_id, clock))
        await _until_one_waits(database)

    assert erasing.result()
    assert await _count(database, "mail_tokens") == 0


async def test_no_link_is_made_for_a_user_who_is_being_erased(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id = await people.user(email=EMAIL)

    async def ask() -> Mail | None:
        async with database.transaction() as tx:
            return await _ask_for_reset(tx, vault, clock)

    async with asyncio.TaskGroup() as tasks, database.transaction() as tx:
        tx.actor = "system"
        await erase_user(tx, user_id, now=clock.now())
        asking = tasks.create_task(ask())
        await _until_one_waits(database)

    assert asking.result() is None
    assert await _count(database, "mail_tokens") == 0


async def _until_one_waits(database: Database) -> None:
    """Wait until a transaction waits for a lock of another one."""
    await eventually(
        "one transaction waits for the other",
        lambda: _count(database, _WAITING),
        lambda waiting: waiting == 1,
    )
