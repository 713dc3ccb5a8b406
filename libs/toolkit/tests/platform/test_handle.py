"""Waiting for a process fails at once when the platform has ended."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.handle import READY_AGAIN_SECONDS, Platform
from waybill_toolkit.platform.processes import Identity
from waybill_toolkit.platform.state import ProcessState, State, boot_id


def test_waiting_for_a_process_ends_at_once_when_the_supervisor_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as supervisor:
        identity = Identity.of(supervisor.pid)
        assert identity
        supervisor.communicate(b"\n")
    state = State(boot_id(), identity, 7400, processes=[ProcessState("orders", "service")])
    state.write(DataFolder(tmp_path).state_file)
    platform = Platform(tmp_path, 7400, {"orders": "http://127.0.0.1:7401"}, ["orders"])
    began = time.monotonic()

    with pytest.raises(NotRunningError, match="Waybill does not run: the supervisor was ended"):
        platform.wait_until_ready("orders")

    assert time.monotonic() - began < READY_AGAIN_SECONDS / 10
