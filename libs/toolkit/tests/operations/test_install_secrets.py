"""The secrets of an installation: servers start with them, services accept them."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml
from typer.testing import CliRunner

from orders.settings import OrdersSettings
from waybill.http.access import TokenFile
from waybill_toolkit.cli import build
from waybill_toolkit.operations.install_secrets.files import FOLDERS, Hosts, SecretsFolder
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.platform.postgres import PostgresServer, postgres_url
from waybill_toolkit.platform.psql import find_psql

SERVICES = Services(("orders",), ("orders",), ("orders:read", "orders:write"))
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_a_service_that_listens_everywhere_accepts_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SecretsFolder(folder, NOW).write(SERVICES, Hosts())
    for name, value in {
        "HOST": "0.0.0.0",  # noqa: S104 - as in a container
        "ACCESS": str(folder / "access" / "tokens.json"),
        "DATABASE_URL_FILE": str(folder / "databases" / "orders"),
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_USERNAME": "orders",
        "KAFKA_SASL_PASSWORD_FILE": str(folder / "kafka" / "orders"),
        "KAFKA_SSL_CA": str(folder / "ca" / "ca.crt"),
        "TOKEN_KEYS": str(folder / "token-keys"),
    }.items():
        monkeypatch.setenv(f"WAYBILL_{name}", value)

    settings = OrdersSettings()

    assert settings.database_url.get_secret_value().startswith("postgresql://orders:")


async def test_the_token_has_the_scopes_of_all_operations(folder: Path) -> None:
    SecretsFolder(folder, NOW).write(SERVICES, Hosts())
    token = (folder / "token").read_text().strip()

    access = TokenFile.load(folder / "access" / "tokens.json")

    assert (await access.identify(f"Bearer {token}")).scopes == set(SERVICES.scopes)


def test_another_run_keeps_what_exists_and_adds_what_a_new_service_needs(folder: Path) -> None:
    SecretsFolder(folder, NOW).write(SERVICES, Hosts())
    before = contents(folder)
    more = Services(("orders", "loyalty"), ("orders", "loyalty"), ("loyalty:read",))
    SecretsFolder(folder, NOW + timedelta(days=1)).write(more, Hosts())
    after = contents(folder)

    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"access/tokens.json", "broker/server.properties", "postgres/databases.sql"}
    assert after.keys() - before.keys() == {
        "databases/loyalty",
        "kafka/loyalty",
        "passwords/loyalty",
    }


@pytest.mark.parametrize(
    ("days", "hosts"), [(365, Hosts()), (1, Hosts(("db", "postgres"), ("kafka", "broker")))]
)
def test_certificates_are_renewed_before_they_expire_and_for_other_names(
    folder: Path, days: int, hosts: Hosts
) -> None:
    SecretsFolder(folder, NOW).write(SERVICES, Hosts())
    before = contents(folder)
    SecretsFolder(folder, NOW + timedelta(days=days)).write(SERVICES, hosts)
    after = contents(folder)

    for name in ("postgres/tls.crt", "postgres/tls.key", "broker/keystore.pem"):
        assert after[name] != before[name]
    assert after["ca/ca.crt"] == before["ca/ca.crt"]


def test_others_on_this_machine_cannot_enter_the_folder_and_containers_can_read_in_it(
    folder: Path,
) -> None:
    former = os.umask(0o077)
    try:
        SecretsFolder(folder, NOW).write(SERVICES, Hosts())
    finally:
        os.umask(former)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    for name in FOLDERS:
        assert (folder / name).stat().st_mode & 0o777 == 0o755
        assert {each.stat().st_mode & 0o777 for each in (folder / name).iterdir()} == {0o644}


async def test_a_server_gets_a_database_for_each_service(
    folder: Path, postgres_server: PostgresServer
) -> None:
    SecretsFolder(folder, NOW).write(Services(("shop",), (), ()), Hosts())
    script = folder / "postgres" / "databases.sql"
    for _ in range(2):
        command = [str(find_psql()), "-q", "-f", str(script), postgres_server.admin_url()]
        subprocess.run(command, check=True)  # noqa: ASYNC221 - nothing else runs
    url = urlsplit((folder / "databases" / "shop").read_text().strip())

    connection = await asyncpg.connect(
        postgres_url(postgres_server.port, "shop", "shop", str(url.password))
    )
    await connection.execute("CREATE TABLE goods ()")
    await connection.close()


def test_the_command_writes_them_for_kubernetes(folder: Path) -> None:
    command = ["secrets", "--output", str(folder), "--kubernetes", "shop"]
    result = CliRunner().invoke(build(), command)

    assert result.exit_code == 0, result.output
    secrets = list(yaml.safe_load_all((folder / "secrets.yaml").read_text()))
    assert [each["metadata"]["name"] for each in secrets] == [f"shop-{name}" for name in FOLDERS]
    databases = next(each for each in secrets if each["metadata"]["name"] == "shop-databases")
    assert databases["stringData"]["orders"] == (folder / "databases" / "orders").read_text()


def test_the_command_needs_the_sources(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build(), ["secrets", "--output", str(folder)])

    assert result.exit_code == 1
    assert result.stderr.endswith("run this in Waybill's sources.\n")
    assert not folder.exists()
