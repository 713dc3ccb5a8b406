"""The embedded broker as a server that is started and ended."""

import signal
import subprocess
import sys
from pathlib import Path

from waybill_toolkit.platform.embedded_broker.home import distrust_home
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.ports import LOOPBACK, answers
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.waiting import wait_until

_READY_SECONDS = 20.0  # it takes half a second on a quiet machine
STOP_SECONDS = 10.0
"""It has the disk written. What it does not get done in this time is made good by the outboxes."""


def broker_folder(home: Path) -> Path:
    """Return where the broker keeps what it has in a folder of ours."""
    return home / "broker"


class BrokerServer:
    def __init__(
        self, home: Path, port: int, log: Path | None = None, advertised_port: int | None = None
    ) -> None:
        """`home` is a folder of ours, in which the broker has its own.

        Clients are told to connect to `advertised_port`, which is `port` unless a proxy is between.
        """
        self.port = port
        self._folder = broker_folder(home)
        self._advertised_port = advertised_port or port
        self.log = log or home / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def program(self) -> Program:
        where = str(self._folder), LOOPBACK, str(self.port), str(self._advertised_port)
        return Program(
            [sys.executable, "-m", "waybill_toolkit.platform.embedded_broker", *where],
            log=self.log,
            death_signal=signal.SIGKILL,
        )

    def start(self) -> None:
        """Start it, and return when it accepts connections."""
        process = self._process = self.program().spawn()
        wait_until(lambda: process.poll() is not None or answers(self.port), _READY_SECONDS)
        if process.poll() is not None:
            raise StartError(f"The broker ended at start, see {self.log}.")

    def stop(self) -> None:
        if self._process:
            end(self._process, signal.SIGTERM, STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process:
            end(self._process, signal.SIGKILL, STOP_SECONDS)
            self._process = None

    def lose(self) -> None:
        """Kill it, and have it start empty."""
        self.kill()
        distrust_home(self._folder)
