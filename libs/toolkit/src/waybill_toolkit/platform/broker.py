"""Starts and stops the broker of a platform: the embedded one, or Apache Kafka."""

import signal
import subprocess
import sys
from pathlib import Path

from waybill_toolkit.platform.embedded_broker.home import distrust_home
from waybill_toolkit.platform.embedded_broker.users import WITHOUT_USERS
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.ports import LOOPBACK, answers
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.waiting import wait_until

_READY_SECONDS = 90.0  # half a second for the embedded broker, 4 s for Kafka on an idle machine
STOP_SECONDS = 10.0
"""For syncing its files. Records that are lost later are published again from the outbox."""


_EMBEDDED = "waybill_toolkit.platform.embedded_broker"
_KAFKA = "waybill_toolkit.platform.apache_kafka"


def broker_folder(home: Path) -> Path:
    """Return the broker's folder in a data folder."""
    return home / "broker"


class BrokerServer:
    def __init__(
        self,
        home: Path,
        port: int,
        log: Path | None = None,
        *,
        advertised_port: int | None = None,
        users: Path | None = None,
        jars: Path | None = None,
    ) -> None:
        """`home` is the data folder, in which the broker has its own folder.

        Clients connect to `advertised_port`: `port`, unless there is a proxy. They have to be one
        of the `users` in that file; without it, everybody may do everything. With `jars` it is
        Apache Kafka, whose jars are in that folder.
        """
        self.port = port
        self.folder = broker_folder(home)
        self._advertised_port = advertised_port or port
        self.log = log or home / "broker.log"
        self._jars = jars
        self._users = str(users) if users else WITHOUT_USERS
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def program(self) -> Program:
        where = str(self.folder), LOOPBACK, str(self.port), str(self._advertised_port)
        module, jars = (_KAFKA, [str(self._jars)]) if self._jars else (_EMBEDDED, [])
        return Program(
            [sys.executable, "-m", module, *where, self._users, *jars],
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
        """Kill it with SIGKILL, like a crash."""
        if self._process:
            end(self._process, signal.SIGKILL, STOP_SECONDS)
            self._process = None

    def lose(self) -> None:
        """Kill it, and let its next start be empty."""
        self.kill()
        distrust_home(self.folder)
