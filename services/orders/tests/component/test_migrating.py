"""WAYBILL_MIGRATE: a service migrates its own database before it serves."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

SECONDS_MAX = 60
"""Only a failing test waits this long."""


@pytest.fixture
def environment(database_url: str, token_keys: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("WAYBILL_")},
        "WAYBILL_PORT": "0",
        "WAYBILL_DATABASE_URL": database_url,
        "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "WAYBILL_ACCESS": "open",
        "WAYBILL_TOKEN_KEYS": str(token_keys),
        "WAYBILL_TOKEN_KEY_SECONDS": "0",
        "WAYBILL_MIGRATE": "true",
    }


def run_until_serving(environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Start the service, stop it when it serves; returns its status and its log."""
    command = [sys.executable, "-m", "orders"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        messages = []
        for line in process.stdout:
            messages.append(json.loads(line)["message"])
            if messages[-1].startswith("serving on"):
                process.send_signal(signal.SIGTERM)
        return process.wait(SECONDS_MAX), messages


async def test_a_service_migrates_an_empty_database_and_starts_again_on_a_newer_one(
    environment: dict[str, str], database_url: str
) -> None:
    first, migrated = run_until_serving(environment)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO schema_migrations VALUES ('orders', 9999, '9999_of_a_newer_version.sql', '')"
    )
    await connection.close()
    second, unchanged = run_until_serving(environment)

    assert (first, second) == (0, 0)
    assert "migrated: orders/0001_orders.sql" in migrated
    assert not [each for each in unchanged if each.startswith("migrated")]


async def test_a_service_says_why_it_cannot_migrate(
    environment: dict[str, str], database_url: str
) -> None:
    assert run_until_serving(environment)[0] == 0
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE schema_migrations SET sha256 = 'another'")
    await connection.close()

    status, messages = run_until_serving(environment)

    assert status == 3
    assert messages[-1].startswith("The database cannot be migrated: ")
    assert messages[-1].endswith("was edited after it was applied; write a new one.")


def test_a_service_says_that_the_database_is_unavailable_or_refuses_it(
    environment: dict[str, str], database_url: str
) -> None:
    away = {**environment, "WAYBILL_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d"}
    refused = {**environment, "WAYBILL_DATABASE_URL": f"{database_url}_missing"}

    assert run_until_serving(away)[0] == 3
    assert run_until_serving(refused)[0] == 78


@pytest.mark.parametrize("migrates", ["true", "false"])
async def test_a_service_says_what_to_do_first_when_its_database_goes_with_other_versions(
    environment: dict[str, str], database_url: str, migrates: str
) -> None:
    assert run_until_serving(environment)[0] == 0
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE schema_versions SET version = '0.0.1'")
    skipped = run_until_serving({**environment, "WAYBILL_MIGRATE": migrates})
    await connection.execute("UPDATE schema_versions SET version = '99.1.0'")
    await connection.execute(
        "INSERT INTO schema_contracts VALUES ('orders', 9999, '9999_name.sql', '99.0.0')"
    )
    contracted = run_until_serving({**environment, "WAYBILL_MIGRATE": migrates})
    await connection.close()

    assert (skipped[0], contracted[0]) == (78, 78)
    assert "the database was last used by 0.0.1: upgrade to 0.1 first" in skipped[1][-1]
    assert "removed from the database by orders/9999_name.sql: start ver" in contracted[1][-1]
