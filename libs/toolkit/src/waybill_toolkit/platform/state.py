"""The supervisor's state, in a file that other processes read.

It is replaced atomically, so a reader never sees an incomplete file.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from waybill_toolkit.platform.processes import Identity

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Status(StrEnum):
    """The status of the platform."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"  # and stopped
    STOPPING = "stopping"
    STOPPED = "stopped"


class Condition(StrEnum):
    """The condition of one process."""

    WAITING = "waiting"  # not started yet
    STARTING = "starting"
    READY = "ready"
    DOWN = "down"  # ended, will be restarted
    FAILED = "failed"  # ended before it was ready, will be restarted when its code changes
    FOREGROUND = "foreground"  # runs in a terminal instead, see lending.py
    STOPPED = "stopped"


@dataclass(slots=True)
class ProcessState:
    name: str
    kind: str  # "service", "server" or "prefork"
    address: str | None = None
    has_database: bool = False
    condition: Condition = Condition.WAITING
    pid: int | None = None
    start_ticks: int | None = None
    restarts: int = 0
    ready_after_seconds: float | None = None
    foreground_pid: int | None = None
    """The pid of the foreground process that replaces this one."""

    @property
    def identity(self) -> Identity | None:
        if self.pid is None or self.start_ticks is None:
            return None
        return Identity(self.pid, self.start_ticks)

    def began(self, pid: int) -> None:
        identity = Identity.of(pid)
        self.pid = pid
        self.start_ticks = identity.start_ticks if identity else None
        self.condition = Condition.STARTING

    def ended(self, condition: Condition) -> None:
        self.pid = self.start_ticks = None
        self.condition = condition


@dataclass(slots=True)
class Upgrade:
    """The last `waybill upgrade`, or the one that goes on."""

    number: int
    step: str = ""
    is_over: bool = False
    failure: str | None = None


@dataclass(slots=True)
class State:
    boot_id: str
    supervisor: Identity
    port_base: int
    status: Status = Status.STARTING
    step: str = ""
    failure: str | None = None
    failed_process: str | None = None
    processes: list[ProcessState] = field(default_factory=list)
    upgrade: Upgrade | None = None

    def process(self, name: str) -> ProcessState:
        """Raise KeyError when there is no process of this name."""
        for process in self.processes:
            if process.name == name:
                return process
        raise KeyError(name)

    @property
    def is_running(self) -> bool:
        return self.boot_id == boot_id() and self.supervisor.is_alive()

    def remains(self) -> list[Identity]:
        """List the processes of this platform that are alive, the supervisor among them."""
        if self.boot_id != boot_id():  # the machine has rebooted, so the pids are stale
            return []
        identities = [self.supervisor, *(process.identity for process in self.processes)]
        return [identity for identity in identities if identity and identity.is_alive()]

    def write(self, path: Path) -> None:
        temporary = path.with_suffix(".unfinished")
        temporary.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> "State | None":
        """Return None when no platform has run here."""
        try:
            return cls._from_json(json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # or of another version
            return None

    @classmethod
    def _from_json(cls, document: dict[str, Any]) -> "State":
        return cls(
            boot_id=document["boot_id"],
            supervisor=Identity(
                document["supervisor"]["pid"], document["supervisor"]["start_ticks"]
            ),
            port_base=document["port_base"],
            status=Status(document["status"]),
            step=document["step"],
            failure=document["failure"],
            failed_process=document["failed_process"],
            processes=[_process_state(process) for process in document["processes"]],
            upgrade=Upgrade(**found) if (found := document.get("upgrade")) else None,
        )


def _process_state(document: dict[str, Any]) -> ProcessState:
    return ProcessState(
        name=document["name"],
        kind=document["kind"],
        address=document["address"],
        has_database=document["has_database"],
        condition=Condition(document["condition"]),
        pid=document["pid"],
        start_ticks=document["start_ticks"],
        restarts=document["restarts"],
        ready_after_seconds=document["ready_after_seconds"],
        foreground_pid=document.get("foreground_pid"),  # missing in files of older versions
    )


def new_state(port_base: int) -> State:
    """Begin the state of a platform that this process supervises."""
    supervisor = Identity.of(os.getpid())
    if supervisor is None:
        raise RuntimeError("this process is not in /proc")
    return State(boot_id=boot_id(), supervisor=supervisor, port_base=port_base)


def boot_id() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip()
