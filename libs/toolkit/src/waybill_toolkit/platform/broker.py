"""The embedded broker as a server that is started and ended."""

import signal
import subprocess
import sys
from pathlib import Path

from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.ports import LOOPBACK, answers
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.waiting import wait_until

_READY_SECONDS = 20.0  # it takes half a second on a quiet machine
_STOP_SECONDS = 2.0  # it has nothing to save


class BrokerServer:
    def __init__(
        self, home: Path, port: int, log: Path | None = None, advertised_port: int | None = None
    ) -> None:
        """`home` is a folder of ours; the broker keeps no data there.

        Clients are told to connect to `advertised_port`, which is `port` unless a proxy is between.
        """
        self.port = port
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
        ports = str(self.port), str(self._advertised_port)
        return Program(
            [sys.executable, "-m", "waybill_toolkit.broker", LOOPBACK, *ports],
            log=self.log,
            death_signal=signal.SIGKILL,
        )

    def start(self) -> None:
        """Start it, empty, and return when it accepts connections."""
        process = self._process = self.program().spawn()
        wait_until(lambda: process.poll() is not None or answers(self.port), _READY_SECONDS)
        if process.poll() is not None:
            raise StartError(f"The broker ended at start, see {self.log}.")

    def stop(self) -> None:
        if self._process:
            end(self._process, signal.SIGTERM, _STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """SIGKILL, as a crash would: all that it held is lost."""
        if self._process:
            end(self._process, signal.SIGKILL, _STOP_SECONDS)
            self._process = None
