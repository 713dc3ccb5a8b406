"""The time that generation takes: 20 s from nothing, 2 s when nothing changed.

Counted is processor time, which waiting for others on a busy machine does not lengthen.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONTRACTS = Path(__file__).parents[4] / "contracts"
COMMAND = [sys.executable, "-c", "from waybill_toolkit.cli import main; main()", "generate"]

COLD_SECONDS_MAX = 20.0
UNCHANGED_SECONDS_MAX = 2.0


def _seconds(root: Path, *arguments: str) -> float:
    process = subprocess.Popen([*COMMAND, *arguments], cwd=root, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def test_everything_is_generated_fast_and_faster_when_nothing_changed(tmp_path: Path) -> None:
    shutil.copytree(CONTRACTS, tmp_path / "contracts")

    assert _seconds(tmp_path) <= COLD_SECONDS_MAX
    assert _seconds(tmp_path) <= UNCHANGED_SECONDS_MAX
    assert _seconds(tmp_path, "--check") <= UNCHANGED_SECONDS_MAX
