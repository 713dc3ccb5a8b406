"""One platform with small services: their settings, and restarts after crashes."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.errors import AlreadyRunningError, PortInUseError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.launcher import launch
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.status import report
from waybill_toolkit.platform.waiting import wait_until


def test_the_gateway_is_first_and_services_follow_in_alphabetical_order(
    small_platform: Platform,
) -> None:
    base = small_platform.port_base
    assert list(small_platform.addresses.items()) == [
        ("gateway", f"http://127.0.0.1:{base}"),
        ("apple", f"http://127.0.0.1:{base + 1}"),
        ("pear", f"http://127.0.0.1:{base + 2}"),
    ]


def test_gateway_gets_the_addresses_of_the_services(small_platform: Platform) -> None:
    addresses = dict(small_platform.addresses)
    settings = httpx.get(addresses.pop("gateway")).json()
    assert json.loads(settings["WAYBILL_UPSTREAMS"]) == addresses
    assert "WAYBILL_DATABASE_URL" not in settings


def test_a_service_gets_the_addresses_of_the_others(small_platform: Platform) -> None:
    addresses = small_platform.addresses
    others = json.loads(httpx.get(addresses["pear"]).json()["WAYBILL_UPSTREAMS"])
    assert others == {"apple": addresses["apple"]}


async def test_a_service_without_migrations_gets_no_database(small_platform: Platform) -> None:
    assert small_platform.databases == ["apple", "pear"]
    assert not (small_platform.folder / "secrets" / "gateway").exists()
    connection = await asyncpg.connect(small_platform.admin_url("postgres"))
    names = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    await connection.close()
    assert names & {"apple", "gateway", "pear"} == {"apple", "pear"}


def test_service_gets_its_settings(small_platform: Platform) -> None:
    settings = httpx.get(small_platform.addresses["pear"]).json()
    assert settings["WAYBILL_SERVICE"] == "pear"
    database = urlsplit(settings["WAYBILL_DATABASE_URL"])
    assert (database.username, database.path) == ("pear", "/pear")
    assert database.password == urlsplit(small_platform.database_url("pear")).password
    assert settings["WAYBILL_KAFKA_BOOTSTRAP_SERVERS"] == small_platform.bootstrap_servers
    assert settings["WAYBILL_KAFKA_PARTITIONS_MAX"] == "1"
    assert settings["WAYBILL_ACCESS"] == "open"


async def test_role_can_make_tables_in_its_own_database(small_platform: Platform) -> None:
    connection = await asyncpg.connect(small_platform.database_url("pear"))
    await connection.execute("CREATE TABLE core (seeds integer)")
    await connection.execute("DROP TABLE core")
    await connection.close()


@pytest.mark.parametrize("database", ["apple", "postgres", "template1"])
async def test_connection_is_refused_when_the_database_is_a_neighbours(
    small_platform: Platform, database: str
) -> None:
    own = small_platform.database_url("pear")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await asyncpg.connect(own.rpartition("/")[0] + f"/{database}")


async def test_admin_url_opens_every_database(small_platform: Platform) -> None:
    for database in ("apple", "pear"):
        connection = await asyncpg.connect(small_platform.admin_url(database))
        assert await connection.fetchval("SELECT current_database()") == database
        await connection.close()


@pytest.mark.parametrize("name", ["pear", "broker", "postgres", "prefork"])
def test_process_comes_back_when_it_was_killed(small_platform: Platform, name: str) -> None:
    restarts = small_platform.process(name).restarts
    killed = small_platform.kill(name)
    small_platform.wait_until_replaced(killed, name)
    assert small_platform.process(name).restarts == restarts + 1
    for service in small_platform.services:
        small_platform.wait_until_ready(service)
        assert httpx.get(small_platform.addresses[service]).status_code == 200
    log = (small_platform.folder / "logs" / "platform.log").read_text()
    assert f"{name} (pid {killed.pid}) was ended by SIGKILL; starting it again" in log


def test_status_is_current_when_the_state_could_not_be_written_for_a_time(
    small_platform: Platform,
) -> None:
    log = small_platform.folder / "logs" / "platform.log"
    size = log.stat().st_size
    unfinished = small_platform.folder / "state.unfinished"
    unfinished.mkdir()  # so that writing fails, as on a full disk
    try:
        killed = small_platform.kill("pear")
        wait_until(lambda: b"pear is ready again" in log.read_bytes()[size:], 30)
        assert small_platform.process("pear").pid == killed.pid
    finally:
        unfinished.rmdir()
    small_platform.wait_until_replaced(killed, "pear")
    assert log.read_bytes()[size:].count(b"the state cannot be written") == 1


def test_second_up_is_refused_when_the_data_is_in_use(small_platform: Platform, plan: Plan) -> None:
    with pytest.raises(AlreadyRunningError, match="already runs on"):
        launch(plan, fresh=False, dies_with_us=True)


def test_wiping_is_refused_when_the_data_is_in_use(small_platform: Platform, plan: Plan) -> None:
    with pytest.raises(AlreadyRunningError):
        launch(plan, fresh=True, dies_with_us=True)
    assert small_platform.state().is_running


def test_up_names_port_and_process_when_a_port_is_in_use(
    small_platform: Platform, plan: Plan, folder: Path
) -> None:
    other = Plan(folder / "other", plan.port_base, plan.services)
    port = plan.services[0].port
    pid = small_platform.pids()["gateway"]
    with pytest.raises(PortInUseError, match=rf"Port {port}, .*waybill:gateway \(pid {pid}\)"):
        launch(other, fresh=False, dies_with_us=True)


def test_status_counts_the_memory_of_every_process(small_platform: Platform) -> None:
    found = report(small_platform.folder)
    names = [process["name"] for process in found["processes"]]
    assert names == ["supervisor", "postgres", "broker", "prefork", "gateway", "apple", "pear"]
    assert all(process["state"] == "ready" for process in found["processes"])
    assert all(process["pss_bytes"] > 0 for process in found["processes"])
    assert found["pss_bytes"] == sum(process["pss_bytes"] for process in found["processes"])


def test_status_is_json_on_request(small_platform: Platform) -> None:
    data = str(small_platform.folder)
    result = CliRunner().invoke(build(), ["status", "--json", "--data", data])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "ready"


def test_logs_are_prefixed_with_their_process_when_none_is_named(small_platform: Platform) -> None:
    result = CliRunner().invoke(build(), ["logs", "--data", str(small_platform.folder)])
    assert "platform   | " in result.stdout
    assert "everything is ready" in result.stdout


def test_logs_lists_the_processes_when_one_is_unknown(small_platform: Platform) -> None:
    result = CliRunner().invoke(build(), ["logs", "plum", "--data", str(small_platform.folder)])
    assert result.exit_code == 1
    assert "there is one of apple, broker" in result.stderr


def test_secrets_are_readable_by_us_alone(small_platform: Platform) -> None:
    folder = small_platform.folder / "secrets"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "token-keys").stat().st_mode & 0o777 == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
