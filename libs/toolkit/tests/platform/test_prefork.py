"""The pre-fork server's children behave as if started by `python -m`."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.prefork import (
    MESSAGE_BYTES_MAX,
    READY,
    Began,
    Ended,
    Request,
    decode,
)

REPORTS_ITSELF = """
import gc, json, os, signal, sys
def main():
    print(json.dumps({
        "environment": dict(os.environ), "leads_session": os.getsid(0) == os.getpid(),
        "arguments": sys.argv, "descriptors": sorted(os.listdir("/proc/self/fd")),
        "collects": gc.isenabled(),
        "child_signal": signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL,
    }))
    sys.exit(7)
"""


@contextmanager
def _host() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "waybill_toolkit.platform.prefork", str(theirs.fileno())]
    with ours, subprocess.Popen(command, pass_fds=[theirs.fileno()]) as host:
        theirs.close()
        assert ours.recv(MESSAGE_BYTES_MAX) == READY
        yield ours
        ours.close()
        assert host.wait() == 0


def test_child_has_its_own_environment_session_log_and_exit_status(tmp_path: Path) -> None:
    (tmp_path / "pear.py").write_text(REPORTS_ITSELF)
    log = tmp_path / "pear.log"
    request = Request("pear", "pear", str(log), {"FRUIT": "pear"}, [str(tmp_path)], ["--ripe"])
    with _host() as channel:
        channel.send(request.encode())
        began = decode(channel.recv(MESSAGE_BYTES_MAX))
        ended = decode(channel.recv(MESSAGE_BYTES_MAX))
    assert isinstance(began, Began)
    assert ended == Ended(began.pid, 7)
    child = json.loads(log.read_text())
    assert child.pop("descriptors") in (["0", "1", "2", "3"], ["0", "1", "2", "3", "4"])
    assert child == {
        "environment": {"FRUIT": "pear"},
        "leads_session": True,
        "arguments": ["pear", "--ripe"],
        "collects": True,
        "child_signal": True,
    }


def test_prefork_server_survives_a_failed_child(tmp_path: Path) -> None:
    request = Request("plum", "no_such_module", str(tmp_path / "plum.log"), {})
    with _host() as channel:
        for _ in range(2):
            channel.send(request.encode())
            began = decode(channel.recv(MESSAGE_BYTES_MAX))
            assert decode(channel.recv(MESSAGE_BYTES_MAX)) == Ended(began.pid, 1)
    assert "No module named 'no_such_module'" in (tmp_path / "plum.log").read_text()


def test_request_is_refused_when_the_environment_is_too_large() -> None:
    request = Request("pear", "pear", "/dev/null", {"FRUIT": "x" * MESSAGE_BYTES_MAX})
    with pytest.raises(PlatformError, match="too large to be passed on to pear"):
        request.encode()
