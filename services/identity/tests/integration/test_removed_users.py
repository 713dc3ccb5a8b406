"""What is left of a user who was removed."""

import pytest

from identity import users
from identity.commands.administer import remove_user
from identity.testing.people import People
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.postgres import Database

EMAIL = "ann@example.com"


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


async def test_the_address_of_a_removed_user_is_gone(
    people: People, database: Database, vault: Vault, clock: ManualClock
) -> None:
    user_id = await people.user(email=EMAIL)
    async with database.connection() as connection:
        assert await users.read_email(connection, vault, user_id) == EMAIL

    async with database.transaction() as tx:
        tx.actor = "system"
        assert await remove_user(tx, user_id, now=clock.now())

    async with database.connection() as connection:
        row = await connection.fetchrow(
            "select email_cipher, email_index from users where user_id = $1", user_id
        )
        assert row is not None
        assert row["email_cipher"] == ""
        assert row["email_index"] != users.email_index(vault, EMAIL)
        assert await users.find_user_by_email(connection, vault, EMAIL) is None
