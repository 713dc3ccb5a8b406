"""A collector of OpenTelemetry as a process of a test."""

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

_READY: Final = "Everything is ready"


@dataclass(kw_only=True)
class Collector:
    """The program, its configuration, and the file that it logs to."""

    program: Path
    config: Path
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Return when it receives."""
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [self.program, "--config", self.config], stdout=log, stderr=log
            )
        self._process = process
        while _READY not in self.log.read_text("utf-8"):
            if process.poll() is not None:
                pytest.fail(f"the collector does not start: {self.log.read_text('utf-8')}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None
