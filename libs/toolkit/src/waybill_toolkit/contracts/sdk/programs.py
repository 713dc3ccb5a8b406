"""Programs that call a client package and print what they see, for tests."""

import json
import subprocess
from typing import Any


class CallingProgram:
    """A program that reads an address and the name of a scenario, and writes a line of JSON.

    It is started once, and again for another environment.
    """

    def __init__(self, command: list[str], prefix: str) -> None:
        """Start the program. `prefix` is written before each address."""
        self._command, self._prefix = command, prefix
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(  # noqa: S603 (compiled by the test)
            self._command, stdin=pipe, stdout=pipe, encoding="utf-8"
        )

    def call(self, address: str, scenario: str) -> dict[str, Any]:
        """Return what the program saw."""
        return self._ask(self._process, address, scenario)

    def call_in_new_process(self, address: str, scenario: str) -> dict[str, Any]:
        """Return what it saw, in a process with the environment variables of now."""
        process = self._start()
        try:
            return self._ask(process, address, scenario)
        finally:
            process.communicate()

    def close(self) -> None:
        """End the program."""
        self._process.communicate()

    def _ask(self, process: subprocess.Popen[str], address: str, scenario: str) -> dict[str, Any]:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the program has no pipes")
        process.stdin.write(f"{self._prefix}{address}\t{scenario}\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise ValueError(f"the program ended during {scenario}")
        found: dict[str, Any] = json.loads(line)
        return found
