"""`waybill run`: a service in a terminal, and back in the platform when that ends."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.lending import claim_file
from waybill_toolkit.platform.ports import answers
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.status import report
from waybill_toolkit.platform.waiting import wait_until

SECONDS = 30

PRINTS_ITS_PORT = "import os; print('port', os.environ['WAYBILL_PORT'])"


def _command(platform: Platform, *arguments: str) -> list[str]:
    return ["-m", "waybill_toolkit", "run", "--data", str(platform.folder), *arguments]


@contextmanager
def _running(
    platform: Platform, *arguments: str, debugger: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *debugger, *_command(platform, *arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _wait_until_given_up(platform: Platform, process: subprocess.Popen[str]) -> None:
    def is_given_up() -> bool:
        state = platform.process("pear")
        return state.condition is Condition.FOREGROUND and state.foreground_pid == process.pid

    wait_until(is_given_up, SECONDS)


def _wait_until_answered(url: str) -> None:
    wait_until(lambda: answers(int(url.rpartition(":")[2])), SECONDS)


@pytest.fixture
def pear(small_platform: Platform) -> Iterator[str]:
    """The address of a service that the platform runs before the test and has to run after it."""
    small_platform.wait_until_ready("pear")
    yield small_platform.addresses["pear"]
    small_platform.wait_until_ready("pear")
    assert small_platform.process("pear").foreground_pid is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_platform_takes_a_service_back_however_its_foreground_ends(
    small_platform: Platform, pear: str, number: signal.Signals
) -> None:
    before = small_platform.process("pear").identity
    settings = httpx.get(pear).json()
    with _running(small_platform, "pear", "--here") as process:
        _wait_until_given_up(small_platform, process)
        assert before
        assert not before.is_alive()
        _wait_until_answered(pear)
        assert httpx.get(pear).json() == settings | {"WAYBILL_BACKGROUND_PROCESS": "false"}
        [row] = [row for row in report(small_platform.folder)["processes"] if row["name"] == "pear"]
        assert (row["state"], row["pid"]) == ("foreground", process.pid)
        process.send_signal(number)
        process.wait(SECONDS)
    small_platform.wait_until_ready("pear")
    assert httpx.get(pear).json() == settings
    assert small_platform.process("pear").restarts == 0


def test_a_second_terminal_is_refused(small_platform: Platform, pear: str) -> None:
    with _running(small_platform, "pear", "--here", "--", "sleep", "60") as process:
        _wait_until_given_up(small_platform, process)
        second = subprocess.run(
            [sys.executable, *_command(small_platform, "pear", "--here")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 1
    assert second.stderr == (
        f"pear runs in the foreground already (pid {process.pid}): end that first.\n"
    )


def test_without_here_it_is_one_more_process_on_a_port_of_its_own(
    small_platform: Platform, pear: str
) -> None:
    before = small_platform.process("pear").identity
    with _running(small_platform, "pear") as process:
        assert process.stderr
        address = process.stderr.readline().split()[-1]
        assert address != pear
        _wait_until_answered(address)
        assert httpx.get(address).json()["WAYBILL_PORT"] == address.rpartition(":")[2]
        assert small_platform.process("pear").identity == before


def test_a_command_of_ones_own_gets_the_settings(small_platform: Platform, pear: str) -> None:
    command = ("--", sys.executable, "-c", PRINTS_ITS_PORT)
    with _running(small_platform, "pear", "--here", *command) as process:
        output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert output == f"port {pear.rpartition(':')[2]}\n"


def test_a_command_that_there_is_not_is_named(small_platform: Platform) -> None:
    data = str(small_platform.folder)
    arguments = ["run", "pear", "--here", "--data", data, "--", "no-such-command"]
    result = CliRunner().invoke(build(), arguments)
    assert result.exit_code == 1
    assert result.stderr == "There is no command no-such-command.\n"


def test_a_debugger_that_starts_it_is_in_the_service(
    small_platform: Platform, services_root: Path, pear: str
) -> None:
    app = services_root / "pear" / "src" / "pear" / "app.py"
    line = app.read_text().splitlines().index("        self.send_response(200)") + 1
    debugger = ("-m", "pdb", "-c", f"b {app}:{line}", "-c", "c")
    with _running(small_platform, "pear", "--here", debugger=debugger) as process:
        _wait_until_given_up(small_platform, process)
        _wait_until_answered(pear)
        client = threading.Thread(target=_ask, args=(f"{pear}/stopped-at",))
        client.start()
        output, _ = process.communicate("p 'path is ' + self.path\nimport os\nos._exit(0)\n")
        client.join()
    assert "path is /stopped-at" in output


def _ask(url: str) -> None:
    with suppress(httpx.HTTPError):  # the service ends before it has answered
        httpx.get(url)


def test_port_in_use_is_reported_with_its_process(small_platform: Platform, pear: str) -> None:
    port = int(pear.rpartition(":")[2])
    server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with _running(small_platform, "pear", "--here", "--", "sleep", "60") as process:
        _wait_until_given_up(small_platform, process)
        stranger = subprocess.Popen(server, stderr=subprocess.DEVNULL)
        _wait_until_answered(pear)
    with stranger, _running(small_platform, "pear", "--here") as second:
        _, errors = second.communicate(timeout=SECONDS)
        stranger.kill()
    assert second.returncode == 1
    assert f"Port {port}, meant for pear, is in use by python (pid {stranger.pid})" in errors


def test_a_claim_of_a_process_that_has_ended_is_none(small_platform: Platform, pear: str) -> None:
    claim = claim_file(small_platform.folder, "pear")
    claim.parent.mkdir(exist_ok=True)
    claim.write_text('{"pid": 1, "start_ticks": -1}')
    small_platform.state().supervisor.signal(signal.SIGHUP)
    with _running(small_platform, "pear", "--here", "--", "sleep", "60") as process:
        _wait_until_given_up(small_platform, process)
