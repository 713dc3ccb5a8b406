"""What names a user is encrypted with the key of the user, and unreadable without it."""

import secrets
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pyotp
import pytest

from identity import users
from identity.commands.erase_user import erase_user
from identity.personal_columns import Reseal
from identity.testing.people import People
from identity.totp import Totp
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.key_files import KEY_BYTES, SealingError
from waybill.postgres import Database

EMAIL = "ann@example.com"
INDEX_KEY = "an index key of these tests, which is long enough"


def _add_key(folder: Path, name: str) -> None:
    (folder / f"{name}.key").write_text(secrets.token_hex(KEY_BYTES))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of key-encryption keys."""
    _add_key(tmp_path, "20260101T000000Z")
    return tmp_path


@pytest.fixture
def vault(folder: Path) -> Vault:
    return Vault(folder, INDEX_KEY)


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


async def _read(database: Database, vault: Vault, user_id: UUID) -> str | None:
    async with database.connection() as connection:
        return await users.read_email(connection, vault, user_id)


async def _column(database: Database, sql: str, *arguments: object) -> str:
    async with database.connection() as connection:
        return str(await connection.fetchval(sql, *arguments))


async def _run(database: Database, sql: str, *arguments: object) -> None:
    async with database.connection() as connection:
        await connection.execute(sql, *arguments)


async def _rewrap(database: Database, vault: Vault, now: datetime) -> int:
    async with database.transaction() as tx:
        return await vault.people.rewrap(tx, now, 100)


async def test_a_copy_of_an_address_is_unreadable_when_the_user_is_erased(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id = await people.user(email=EMAIL)
    copied = await _column(database, "select email_cipher from users")
    async with database.transaction() as tx:
        tx.actor = "system"
        await erase_user(tx, user_id, now=clock.now())

    await _run(database, "update users set email_cipher = $1", copied)

    assert await _read(database, vault, user_id) is None
    assert await _column(database, "select count(*) from data_keys") == "0"


async def test_an_address_is_not_that_of_another_user(
    people: People, database: Database, vault: Vault
) -> None:
    ann, bob = await people.user(email=EMAIL), await people.user()
    await _run(
        database,
        """update users set email_cipher = (select email_cipher from users where user_id = $1)
           where user_id = $2""",
        ann,
        bob,
    )
    assert await _read(database, vault, ann) == EMAIL
    with pytest.raises(SealingError, match="another"):
        await _read(database, vault, bob)


async def test_the_key_of_a_user_is_not_that_of_another_one(
    people: People, database: Database, vault: Vault
) -> None:
    ann, bob = await people.user(email=EMAIL), await people.user()
    await _run(database, "delete from data_keys where subject = $1", str(bob))
    await _run(database, "update data_keys set subject = $1", str(bob))
    with pytest.raises(SealingError, match="something else"):
        await _read(database, vault, bob)
    assert await _read(database, vault, ann) is None


async def test_keys_are_wrapped_anew_when_there_is_a_newer_key_encryption_key(
    people: People, database: Database, vault: Vault, folder: Path, clock: ManualClock
) -> None:
    user_id = await people.user(email=EMAIL)
    sealed = await _column(database, "select email_cipher from users")
    assert await _rewrap(database, vault, clock.now()) == 0

    _add_key(folder, "20260201T000000Z")

    assert await _rewrap(database, Vault(folder, INDEX_KEY), clock.now()) == 1
    assert await _rewrap(database, Vault(folder, INDEX_KEY), clock.now()) == 0
    (folder / "20260101T000000Z.key").unlink()
    assert await _read(database, Vault(folder, INDEX_KEY), user_id) == EMAIL
    assert await _column(database, "select email_cipher from users") == sealed


async def test_nothing_can_be_read_when_the_key_encryption_key_is_lost_before(
    people: People, database: Database, folder: Path
) -> None:
    user_id = await people.user(email=EMAIL)
    _add_key(folder, "20260201T000000Z")
    (folder / "20260101T000000Z.key").unlink()
    with pytest.raises(SealingError, match="20260101T000000Z"):
        await _read(database, Vault(folder, INDEX_KEY), user_id)


async def test_rows_of_an_earlier_release_are_read_and_encrypted_anew(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id, secret = await people.user(email=EMAIL), pyotp.random_base32()
    await _run(database, "delete from data_keys")
    email = vault.seal(EMAIL, "users.email", user_id)
    await _run(database, "update users set email_cipher = $1", email)
    sealed = vault.seal(secret, "totp.secret", user_id)
    await _run(
        database,
        "insert into totp (user_id, secret_cipher, confirmed_at) values ($1, $2, $3)",
        *(user_id, sealed, clock.now()),
    )
    assert await _read(database, vault, user_id) == EMAIL

    async with database.transaction() as tx:
        assert await Reseal(vault)(tx, clock.now(), 100) == 1
        assert await Reseal(vault)(tx, clock.now(), 100) == 0

    assert await _read(database, vault, user_id) == EMAIL
    for column in ("email_cipher from users", "secret_cipher from totp"):
        assert (await _column(database, f"select {column}")).startswith("personal.v1.")
    async with database.transaction() as tx:
        code = pyotp.TOTP(secret).at(clock.now())
        assert await Totp(vault).use(tx, user_id, code, clock.now())
