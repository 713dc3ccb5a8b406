"""Starts, identifies and ends operating system processes."""

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from waybill_toolkit.platform.account import Account, PopenAccount
from waybill_toolkit.platform.waiting import wait_until

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifies a process even when its pid is reused."""

    pid: int
    start_ticks: int

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return None when the process does not exist or is a zombie."""
        ticks = _start_ticks(pid)
        return None if ticks is None else cls(pid, ticks)

    def is_alive(self) -> bool:
        return _start_ticks(self.pid) == self.start_ticks

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal through a pidfd, never to another process; False when it has ended."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.is_alive():
                return False
            signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True


def _start_ticks(pid: int) -> int | None:
    """Start time in clock ticks since boot: field 22 of /proc/PID/stat (proc_pid_stat(5))."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(b")")[2].split()  # the name may contain spaces and parentheses
    state, ticks = fields[0], fields[19]
    return None if state in {b"Z", b"X"} else int(ticks)


def children_of(pid: int) -> list[int]:
    """List the processes that a process has forked (proc_pid_task_children(5))."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text("ascii").split())
    return found


def die_with_parent(number: signal.Signals, parent: int) -> None:
    """In a child: receive the signal `number` when `parent` ends for any reason.

    Linux clears this on a change of user (prctl(2)), so change user first.
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it has already ended
        os._exit(1)


@dataclass(frozen=True, slots=True)
class Program:
    """How to start a server, and the signal that it receives when its parent ends."""

    command: Sequence[str]
    log: Path
    death_signal: signal.Signals | None  # None: it keeps running
    account: Account | None = None
    environment: Mapping[str, str] | None = None  # None: that of this process
    inherited: Sequence[int] = ()  # file descriptors

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it in its own session, so that Ctrl-C reaches only this process.

        Call it only from the main thread: the parent is the *thread* that forked.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start a server from the main thread: it ends with its thread")
        account = self.account.popen_arguments() if self.account else PopenAccount()
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - a fixed command
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=None if self.environment is None else dict(self.environment),
                start_new_session=True,
                umask=0o077,
                pass_fds=tuple(self.inherited),
                preexec_fn=_dying_with_us(self.death_signal),  # noqa: PLW1509 - main thread only
                **account,
            )


def _dying_with_us(number: signal.Signals | None) -> Callable[[], None] | None:
    if number is None:
        return None
    parent = os.getpid()
    return lambda: die_with_parent(number, parent)


def end(process: subprocess.Popen[bytes], asking: signal.Signals, within_seconds: float) -> None:
    """Stop a child gracefully; kill it after the timeout."""
    if process.poll() is None:
        process.send_signal(asking)
    try:
        process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_at(folder: Path, within_seconds: float) -> None:
    """Wait until no process has `folder` as its working directory; kill the rest at the timeout."""
    try:
        wait_until(lambda: not working_in(folder), within_seconds)
    except TimeoutError:
        for process in working_in(folder):
            process.signal(signal.SIGKILL)
        wait_until(lambda: not working_in(folder), within_seconds)


def working_in(folder: Path) -> list[Identity]:
    """List the visible processes whose working directory is `folder`."""
    found = []
    path = str(folder.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _working_directory(entry) == path:
            process = Identity.of(int(entry.name))
            if process:
                found.append(process)
    return found


def _working_directory(process: Path) -> str | None:
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return None


def name_this_process(name: str) -> None:
    """Set the name of this process in `ps` and `top`: at most 15 bytes (prctl(2), PR_SET_NAME)."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
