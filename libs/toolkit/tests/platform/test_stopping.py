"""Whichever process is stopped or killed, no process is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.processes import Identity
from waybill_toolkit.platform.state import State, Status
from waybill_toolkit.platform.waiting import wait_until

from .conftest import ENDS_AT_START, write_service

START_SECONDS = 60
STOP_SECONDS = 60
EXPECTED = {"postgres", "broker", "prefork", "gateway", "apple", "pear"}


def _waybill(*arguments: str | Path) -> list[str]:
    return [
        sys.executable,
        "-c",
        "from waybill_toolkit.cli import main; main()",
        *map(str, arguments),
    ]


def _up(plan: Plan, *arguments: str) -> list[str]:
    services = plan.services[0].folder.parent
    base = str(plan.port_base)
    return _waybill(
        "up", *arguments, "--data", plan.data, "--services", services, "--port-base", base
    )


@contextmanager
def _up_in_foreground(plan: Plan) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        _up(plan), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        try:
            assert process.stdout
            for line in process.stdout:
                if line.startswith("Ctrl-C"):
                    break
            yield process
        finally:
            process.kill()


def _everything(plan: Plan) -> list[Identity]:
    """The supervisor, all that it started, and all that these started."""
    state = Platform.load(plan.data).state()
    assert {process.name for process in state.processes if process.pid} == EXPECTED
    pids = {identity.pid for identity in state.remains()}
    while True:
        found = pids | {pid for pid, parent in _parents().items() if parent in pids}
        if found == pids:
            break
        pids = found
    identities = [Identity.of(pid) for pid in pids]
    return [identity for identity in identities if identity]


def _parents() -> dict[int, int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    return parents


def _wait_until_gone(processes: list[Identity]) -> None:
    wait_until(lambda: not any(process.is_alive() for process in processes), STOP_SECONDS)


def test_nothing_is_left_after_ctrl_c(plan: Plan) -> None:
    with _up_in_foreground(plan) as up:
        processes = _everything(plan)
        up.send_signal(signal.SIGINT)
        output, _ = up.communicate(timeout=STOP_SECONDS)
    assert up.returncode == 0
    assert "everything is stopped" in output
    assert not any(process.is_alive() for process in processes)
    state = State.read(DataFolder(plan.data).state_file)
    assert state
    assert state.status is Status.STOPPED
    assert "stopping in order" in DataFolder(plan.data).log("pear").read_text()


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("starting PostgreSQL and the broker", signal.SIGINT),
        ("migrating the databases", signal.SIGTERM),
    ],
)
def test_no_process_is_left_when_up_is_stopped_during_the_start(
    plan: Plan, step: str, number: signal.Signals
) -> None:
    state_file = DataFolder(plan.data).state_file

    def is_at_step() -> bool:
        state = State.read(state_file)
        return bool(state and state.step == step)

    state_file.unlink(missing_ok=True)
    with subprocess.Popen(_up(plan), stdout=subprocess.PIPE, text=True) as up:
        wait_until(is_at_step, START_SECONDS)
        state = State.read(state_file)
        assert state
        up.send_signal(number)
        output, _ = up.communicate(timeout=STOP_SECONDS)
    assert up.returncode == 0
    assert "everything is stopped" in output
    assert state.remains() == []


def test_nothing_is_left_when_up_is_killed(plan: Plan) -> None:
    with _up_in_foreground(plan) as up:
        processes = _everything(plan)
        up.kill()
        _wait_until_gone(processes)


def test_up_says_so_when_its_supervisor_is_killed(plan: Plan) -> None:
    with _up_in_foreground(plan) as up:
        processes = _everything(plan)
        os.kill(Platform.load(plan.data).state().supervisor.pid, signal.SIGKILL)
        output, _ = up.communicate(timeout=STOP_SECONDS)
    assert up.returncode == 1
    assert "the supervisor was ended" in output
    assert not any(process.is_alive() for process in processes)


def test_nothing_is_left_after_down(plan: Plan) -> None:
    up = subprocess.run(_up(plan, "--detach"), capture_output=True, text=True, check=False)
    assert up.returncode == 0, up.stderr
    assert "/docs" in up.stdout
    processes = _everything(plan)
    down = subprocess.run(
        _waybill("down", "--data", plan.data), capture_output=True, text=True, check=False
    )
    assert not any(process.is_alive() for process in processes)
    assert down.stdout.startswith("Stopped")


def test_down_waits_for_the_rest_when_the_supervisor_was_killed(plan: Plan) -> None:
    subprocess.run(_up(plan, "--detach"), capture_output=True, check=True)
    processes = _everything(plan)
    os.kill(Platform.load(plan.data).state().supervisor.pid, signal.SIGKILL)
    subprocess.run(_waybill("down", "--data", plan.data), capture_output=True, check=True)
    assert not any(process.is_alive() for process in processes)


def test_up_names_the_service_and_its_last_words_when_it_does_not_start(
    plan: Plan, folder: Path
) -> None:
    root = folder / "broken"
    write_service(root, "apple")
    write_service(root, "plum", ENDS_AT_START)
    broken = Plan.of(plan.data, root, plan.port_base)
    up = subprocess.run(_up(broken), capture_output=True, text=True, check=False)
    assert up.returncode == 1
    assert "plum" in up.stderr
    assert "5 times in a row" in up.stderr
    assert "the kettle is empty" in up.stderr
    assert "Traceback" not in up.stderr
    state = State.read(DataFolder(plan.data).state_file)
    assert state
    assert state.status is Status.FAILED
    assert state.remains() == []
