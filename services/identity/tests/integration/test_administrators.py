"""The first administrator is made by a command, where identity runs."""

import asyncio
import os
import subprocess
import sys

import pytest

from identity import users
from identity.administrators import NoSuchUserError, add_roles
from identity.testing.people import People
from identity.vault import Vault
from waybill.clock import ManualClock
from waybill.postgres import Database

EMAIL = "Ann@example.com"


@pytest.fixture
def people(database: Database, vault: Vault, clock: ManualClock) -> People:
    return People(database, vault, clock.now())


async def test_a_registered_user_becomes_administrator_and_keeps_its_roles(
    people: People, database: Database, vault: Vault
) -> None:
    user_id = await people.user("customer", email="ann@example.com")

    for _ in range(2):
        given = await add_roles(database, vault, EMAIL, ["administrator"])
        assert given == ["administrator", "customer"]

    async with database.connection() as connection:
        assert "identity:admin" in await users.scopes_of(connection, user_id)
        logged = await connection.fetch("select actor, target from security_log")
    assert [tuple(row) for row in logged] == [("system", str(user_id))]


@pytest.mark.parametrize("status", ["unverified", "removed", None])
async def test_nobody_else_does(
    people: People, database: Database, vault: Vault, status: str | None
) -> None:
    if status is not None:
        await people.user(email="ann@example.com", status=status)
    with pytest.raises(NoSuchUserError, match="follow the link"):
        await add_roles(database, vault, EMAIL, ["administrator"])


async def test_an_unknown_role_is_named(people: People, database: Database, vault: Vault) -> None:
    await people.user(email="ann@example.com")
    with pytest.raises(NoSuchUserError, match="There is no role admin"):
        await add_roles(database, vault, EMAIL, ["admin"])


async def test_the_command_needs_the_settings_of_identity_only(
    people: People, database_url: str, secrets: dict[str, str]
) -> None:
    await people.user(email="ann@example.com")
    settings = {
        "database_url": database_url,
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "access": "open",
        **secrets,
    }
    environment = {f"WAYBILL_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "identity", "admin", "add", EMAIL),
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert errors == b""
    assert output.decode() == f"{EMAIL} has the roles administrator, customer.\n"
