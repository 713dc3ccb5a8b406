"""Server programs of a cluster: each runs until the end of a block, with a log file of its own."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

from waybill_toolkit.platform.log_files import last_lines
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.waiting import wait_until

READY_SECONDS_MAX: Final = 120.0
"""kube-apiserver, the slowest, is ready after 5 s on an idle machine."""
_STOP_SECONDS: Final = 10.0
_LOG_LINES: Final = 15


class ServerError(Exception):
    """A server has ended or did not become ready; the message has the end of its log."""


@dataclass(frozen=True)
class Server:
    """A running program."""

    name: str
    process: Popen[bytes]
    log: Path

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for a state that this server brings about. Raises ServerError."""
        try:
            wait_until(lambda: self._has_ended() or holds(), READY_SECONDS_MAX, what)
        except TimeoutError as error:
            raise ServerError(f"{self.name}: {error}\n{self._last_lines()}") from None
        self.require_running()

    def require_running(self) -> None:
        """Raise ServerError when it has ended."""
        if self._has_ended():
            code = self.process.returncode
            raise ServerError(f"{self.name} ended with {code}\n{self._last_lines()}")

    def _has_ended(self) -> bool:
        return self.process.poll() is not None

    def _last_lines(self) -> str:
        return "\n".join(last_lines(self.log, _LOG_LINES))


@contextmanager
def running(name: str, command: Sequence[object], folder: Path) -> Iterator[Server]:
    """Run a program, with NAME.log in `folder`; it also ends when this process is killed."""
    log = folder / f"{name}.log"
    process = Program([str(each) for each in command], log, signal.SIGKILL).spawn()
    try:
        yield Server(name, process, log)
    finally:
        end(process, signal.SIGTERM, _STOP_SECONDS)
