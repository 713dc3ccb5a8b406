"""The first service account is made by a command, where identity runs."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from identity import clients
from identity.opaque_tokens import digest
from identity.service_accounts import WrongAccountError, add_account
from waybill.clock import ManualClock
from waybill.postgres import Database


async def run(settings: Mapping[str, str], *arguments: str) -> tuple[bytes, bytes]:
    """Run the command; return its output and its errors."""
    environment = {f"WAYBILL_{name.upper()}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "identity", "service-account", "add", *arguments),
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return await process.communicate()


@pytest.fixture
def settings(
    database: Database,
    database_url: str,
    secrets: dict[str, str],
) -> dict[str, str]:
    """The settings of identity, whose tables exist."""
    own = {
        "database_url": database_url,
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "access": "open",
    }
    return own | secrets


async def test_an_account_is_added_with_the_id_and_secret_that_the_command_prints(
    database: Database, settings: dict[str, str]
) -> None:
    wanted = ("shop", "--scope", "orders:read", "--scope", "orders:write")

    output, errors = await run(settings, *wanted)

    assert errors == b""
    client_id, secret = output.decode().strip().split(":")
    async with database.connection() as connection:
        client = await clients.find_client(connection, client_id)
        logged = await connection.fetch("select actor, action, target from security_log")
    assert client is not None
    assert client.secret_digest == digest(secret)
    assert client.scopes == {"orders:read", "orders:write"}
    assert [tuple(row) for row in logged] == [("system", "service-account.created", client_id)]


@pytest.mark.parametrize(
    ("name", "scope", "reason"),
    [
        ("shop", "orders:everything", "No role has the scope orders:everything; there are cat"),
        ("", "orders:read", "name: "),
    ],
)
async def test_what_an_account_cannot_have_is_named(
    database: Database, clock: ManualClock, name: str, scope: str, reason: str
) -> None:
    with pytest.raises(WrongAccountError, match=reason):
        await add_account(database, clock, name, [scope])


async def test_the_command_ends_with_the_reason(settings: dict[str, str]) -> None:
    output, errors = await run(settings, "shop", "--scope", "nothing")

    assert output == b""
    assert b"scope" in errors
    assert b"Traceback" not in errors
