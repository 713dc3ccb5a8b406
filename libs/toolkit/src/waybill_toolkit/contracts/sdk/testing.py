"""Support for tests of SDKs: the example of a README, and a proxy that cuts connections."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

EXAMPLE_ADDRESS: Final = "http://127.0.0.1:7400"
"""The gateway's address in the READMEs: that of `waybill up`."""

_CHUNK_BYTES: Final = 65536
_PATIENCE_SECONDS: Final = 30.0


def example(package: Path, language: str, address: str) -> str:
    """Return the first example of a package's README, with another address."""
    text = (package / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"{package}/README.md has no example in {language}")
    if EXAMPLE_ADDRESS not in found[1]:
        raise ValueError(f"the example in {package}/README.md does not use {EXAMPLE_ADDRESS}")
    return found[1].replace(EXAMPLE_ADDRESS, address)


class CuttingProxy:
    """Forwards connections, but cuts the first `cuts` ones when the response begins.

    So the request was executed, and the client cannot know it. Connections without a request do not
    count.
    """

    def __init__(self, address: str, cuts: int) -> None:
        """Forward to `address`, `http://host:port`."""
        parts = urlsplit(address)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._cuts_left = cuts
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.cuts = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Accept until `close`."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Accept no further connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, client: socket.socket) -> None:
        with (
            client,
            suppress(OSError),
            socket.create_connection(self._target, _PATIENCE_SECONDS) as service,
        ):
            client.settimeout(_PATIENCE_SECONDS)
            thread = threading.Thread(target=self._copy, args=(client, service), daemon=True)
            thread.start()
            while chunk := service.recv(_CHUNK_BYTES):
                if self._takes_cut():
                    break
                client.sendall(chunk)
            for end in (client, service):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            thread.join(_PATIENCE_SECONDS)

    def _takes_cut(self) -> bool:
        with self._lock:
            if not self._cuts_left:
                return False
            self._cuts_left -= 1
            self.cuts += 1
            return True

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def cutting_proxy(address: str, cuts: int = 1) -> Iterator[CuttingProxy]:
    """Run a proxy within the context; `proxy.cuts` is the number of cut responses."""
    proxy = CuttingProxy(address, cuts)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(_PATIENCE_SECONDS)
