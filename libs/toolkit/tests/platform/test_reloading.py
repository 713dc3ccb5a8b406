"""`waybill up --reload` restarts services with changed code."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.handle import Platform, wait_until_started
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.waiting import wait_until

from .conftest import ANSWERS_ITS_ENVIRONMENT

SECONDS = 60
BROKEN = "def main(:\n    pass\n"
RIPE = ANSWERS_ITS_ENVIRONMENT.replace("settings = {", "settings = {'RIPE': 'yes'} | {")


@pytest.fixture(scope="module")
def shared(folder: Path) -> Path:
    shared = folder / "shared"
    shared.mkdir()
    return shared


@pytest.fixture(scope="module")
def reloading(plan: Plan, shared: Path, services_root: Path) -> Iterator[Platform]:
    """A platform that has begun with a service that cannot start, which was then put right.

    Meanwhile it ran in a terminal, and everything else was ready.
    """
    _write(services_root, BROKEN)
    plan = replace(plan, reload=True, shared_code=(shared,))
    supervisor = launcher.launch(plan, fresh=False, dies_with_us=True)
    try:
        wait_until(lambda: _has_failed(plan.data), SECONDS)
        with _in_a_terminal(plan.data):
            wait_until_started(plan, supervisor)
        platform = Platform.load(plan.data)
        wait_until(lambda: _has_failed(plan.data), SECONDS)
        _write(services_root, ANSWERS_ITS_ENVIRONMENT)
        platform.wait_until_ready("pear")
        yield platform
    finally:
        launcher.stop(plan.data)
        supervisor.wait()


@contextmanager
def _in_a_terminal(data: Path) -> Iterator[None]:
    """Run pear in a terminal meanwhile; what runs there does not even listen."""
    command = ["run", "pear", "--here", "--data", str(data), "--", "sleep", "60"]
    with subprocess.Popen([sys.executable, "-m", "waybill_toolkit", *command]) as terminal:
        yield
        terminal.kill()


def _has_failed(data: Path) -> bool:
    try:
        return Platform.load(data).process("pear").condition is Condition.FAILED
    except Exception:  # noqa: BLE001 - it has not written its state yet
        return False


def _write(services_root: Path, source: str) -> None:
    (services_root / "pear" / "src" / "pear" / "app.py").write_text(source)


def _log(platform: Platform) -> str:
    return (platform.folder / "logs" / "platform.log").read_text()


def test_a_start_waits_for_a_change_or_a_terminal_when_a_service_is_broken(
    reloading: Platform,
) -> None:
    log = _log(reloading)
    assert "ended with exit status 1 and is started again when its code changes" in log
    assert "SyntaxError: invalid syntax" in log
    assert "app.py has changed: starting pear again" in log
    begins = [
        log.index(f" {line}")
        for line in (
            "pear runs in the foreground",
            "everything is ready",
            "pear has ended in the foreground",
            "app.py has changed",
        )
    ]
    assert begins == sorted(begins)


def test_new_code_answers_after_a_change_and_other_services_run_on(
    reloading: Platform, services_root: Path
) -> None:
    before = reloading.pids()
    pear = reloading.process("pear").identity
    assert pear
    restarts = _log(reloading).count("starting pear again")
    (services_root / "apple" / "src" / "notes.txt").write_text("no code")
    for number in range(5):  # as an editor or git does
        (services_root / "pear" / "src" / "pear" / f"part_{number}.py").touch()
    _write(services_root, RIPE)
    reloading.wait_until_replaced(pear, "pear")
    assert httpx.get(reloading.addresses["pear"]).json()["RIPE"] == "yes"
    assert {**reloading.pids(), "pear": 0} == {**before, "pear": 0}
    assert reloading.process("pear").restarts == 0
    assert _log(reloading).count("starting pear again") == restarts + 1


def test_failed_start_is_reported_and_retried_at_the_next_change(
    reloading: Platform, services_root: Path
) -> None:
    _write(services_root, "import no_such_module\n")
    wait_until(lambda: _has_failed(reloading.folder), SECONDS)
    assert "ModuleNotFoundError: No module named 'no_such_module'" in _log(reloading)
    assert reloading.state().is_running
    _write(services_root, ANSWERS_ITS_ENVIRONMENT)
    reloading.wait_until_ready("pear")


def test_a_service_that_was_ready_is_started_again_without_a_change(reloading: Platform) -> None:
    reloading.wait_until_replaced(reloading.kill("pear"), "pear")


async def test_a_new_migration_is_applied_before_its_service_starts_again(
    reloading: Platform, services_root: Path
) -> None:
    pear = reloading.process("pear").identity
    assert pear
    migration = services_root / "pear" / "migrations" / "0002_second.sql"
    migration.write_text("CREATE TABEL core (id integer)")
    wait_until(lambda: "a change tries again" in _log(reloading), SECONDS)
    assert 'syntax error at or near "TABEL"' in _log(reloading)
    assert reloading.process("pear").condition is Condition.WAITING
    migration.write_text("CREATE TABLE core (id integer)")
    reloading.wait_until_replaced(pear, "pear")
    connection = await asyncpg.connect(reloading.database_url("pear"))
    assert await connection.fetchval("select count(*) from core") == 0
    await connection.close()


def test_a_change_of_shared_code_starts_every_service_and_the_host_again(
    reloading: Platform, shared: Path
) -> None:
    names = [*reloading.services, "prefork"]
    before = {name: reloading.process(name).identity for name in names}
    (shared / "ids.py").write_text("ID = 1\n")
    for name, identity in before.items():
        assert identity
        reloading.wait_until_replaced(identity, name)
    assert "ids.py has changed: starting every service again" in _log(reloading)


def test_reload_watches_the_runtime_as_shared_code(plan: Plan) -> None:
    [shared] = plan.reloading().shared_code
    assert (shared / "app.py").exists()
    assert shared.name == "waybill"
