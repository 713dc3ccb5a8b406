"""A machine has a network of its own, and leaves nothing behind."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.cluster.fixtures import skip_unless_wanted
from tests.cluster.machine import Machine, running_machine


@pytest.fixture(autouse=True)
def _only_for_root() -> None:
    skip_unless_wanted([] if os.geteuid() == 0 else ["only root can make namespaces"])


def addresses() -> str:
    return subprocess.run(
        ["ip", "-brief", "address"], check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def test_a_machine_has_a_network_of_its_own(tmp_path: Path) -> None:
    outside = addresses()
    with running_machine(tmp_path) as machine:
        machine.add_address("10.244.0.1")
        with machine.network():
            [only] = addresses().splitlines()
        assert only.split()[0] == "lo"
        assert "10.244.0.1/32" in only
        assert addresses() == outside


def test_nothing_is_left_of_a_machine(tmp_path: Path) -> None:
    with running_machine(tmp_path) as machine:
        machine.add_cgroup("node1")
        assert groups(machine) != []
        inside = subprocess.Popen(machine.command("sleep", "1000"))
    assert inside.wait(10) != 0
    assert groups(machine) == []


def groups(machine: Machine) -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**{machine.cgroup}"))
