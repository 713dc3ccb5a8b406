"""A pid alone does not identify a process."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from waybill_toolkit.platform import refuse_unsupported_python
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.ports import LOOPBACK, free_port, is_free, listener
from waybill_toolkit.platform.processes import Identity
from waybill_toolkit.platform.state import ProcessState, new_state


def test_process_is_known_by_its_start_time() -> None:
    ours = Identity.of(os.getpid())
    assert ours
    assert ours.is_alive()


def test_signal_does_not_reach_a_later_process_with_the_same_pid() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = Identity.of(process.pid)
        assert identity
        earlier = Identity(process.pid, identity.start_ticks - 1)
        assert not earlier.is_alive()
        assert not earlier.signal(signal.SIGKILL)
        assert identity.is_alive()
        process.kill()


def test_state_of_an_earlier_boot_has_no_remains() -> None:
    state = new_state(7400)
    process = ProcessState("pear", "service")
    process.began(os.getpid())
    state.processes.append(process)
    assert len(state.remains()) == 2
    state.boot_id = "another"
    assert state.remains() == []
    assert not state.is_running


def test_listener_is_named() -> None:
    with socket.socket() as server:
        server.bind((LOOPBACK, free_port()))
        server.listen()
        port = server.getsockname()[1]
        assert not is_free(port)
        assert f"(pid {os.getpid()})" in str(listener(port))


def test_python_is_refused_when_it_is_too_old() -> None:
    with pytest.raises(PlatformError, match=r"needs Python 3\.11 or later and this is 3\.10"):
        refuse_unsupported_python((3, 10))
