"""A machine of the kernel's namespaces, in which a cluster runs without touching its host.

It has its own network without a way out, its own mounts and its own processes. When its first
process ends, also because this process was killed, the kernel ends all others and removes the
interfaces, rules and mounts. Control groups are left then; the next machine removes them.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.servers import running

from waybill_toolkit.platform.processes import Identity, children_of
from waybill_toolkit.platform.waiting import wait_until

_CLONE_NEWNET: Final = 0x40000000  # linux/sched.h
_INIT: Final = """\
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps orphans
print("ready", flush=True)
while True:
    signal.pause()
"""
_FRESH: Final = ("/run", "/var/lib/cni", "/var/lib/kubelet", "/var/log")
"""Folders that programs of a node use and that must not be those of the host."""
_CGROUPS: Final = Path("/sys/fs/cgroup")
_NAME: Final = "waybill-machine"
_END_SECONDS_MAX: Final = 30.0
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Machine:
    """The namespaces of a process."""

    pid: int

    @property
    def cgroup(self) -> str:
        """The control group below which everything is that the machine limits."""
        return f"/{_NAME}-{self.pid}"

    @property
    def is_running(self) -> bool:
        """Whether its first process runs, and with it the machine."""
        return Identity.of(self.pid) is not None

    def command(self, *command: object) -> list[str]:
        """Return a command that runs in the machine, with the usual permissions of new files."""
        enter = ("nsenter", f"--target={self.pid}", "--net", "--mount", "--pid", "--")
        return [*enter, "sh", "-c", 'umask 022; exec "$@"', "sh", *map(str, command)]

    def run(self, *command: object) -> str:
        """Run a command in the machine and return its output. Raises CalledProcessError."""
        done = subprocess.run(self.command(*command), check=True, text=True, stdout=subprocess.PIPE)
        return done.stdout

    def add_address(self, address: str) -> None:
        """Give it an address that all its processes and pods reach."""
        self.run("ip", "address", "add", f"{address}/32", "dev", "lo")

    def add_cgroup(self, name: str) -> None:
        """Create a control group, below the machine's own one, in every hierarchy."""
        for hierarchy in _hierarchies():
            (hierarchy / self.cgroup.lstrip("/") / name).mkdir(parents=True)

    @contextmanager
    def network(self) -> Iterator[None]:
        """Move this thread, and what it starts meanwhile, into the machine's network."""
        with (
            Path("/proc/thread-self/ns/net").open() as before,
            Path(f"/proc/{self.pid}/ns/net").open() as inside,
        ):
            _enter(inside.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())


@contextmanager
def running_machine(folder: Path) -> Iterator[Machine]:
    """Run a machine until the end of the block; only root can."""
    unshare = (
        "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
        "--propagation=private", sys.executable, "-c", _INIT,
    )  # fmt: skip
    _remove_old_cgroups()
    with running("machine", unshare, folder) as server:
        server.wait_until(lambda: "ready" in server.log.read_text("utf-8"), "to be ready")
        [pid] = children_of(server.process.pid)
        machine = Machine(pid)
        for path in _FRESH:
            Path(path).mkdir(parents=True, exist_ok=True)
            machine.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)
        machine.run("ip", "link", "set", "lo", "up")
        try:
            yield machine
        finally:
            server.process.kill()  # it waits for its child with all other signals blocked
            wait_until(lambda: not machine.is_running, _END_SECONDS_MAX, "the end of the machine")
            _remove_old_cgroups()


def _hierarchies() -> list[Path]:
    """Return where control groups are: in one folder with version 2, else one a controller."""
    if (_CGROUPS / "cgroup.controllers").exists():
        return [_CGROUPS]
    return [each for each in _CGROUPS.iterdir() if not each.is_symlink()]


def _remove_old_cgroups() -> None:
    """Remove the control groups of machines that have ended."""
    for hierarchy in _hierarchies():
        for group in hierarchy.glob(f"{_NAME}-*"):
            if Machine(int(group.name.removeprefix(f"{_NAME}-"))).is_running:
                continue
            for folder, _, _ in os.walk(group, topdown=False):
                Path(folder).rmdir()


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
