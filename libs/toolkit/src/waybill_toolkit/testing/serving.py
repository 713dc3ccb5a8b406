"""A service inside a test: the whole of it, on a port of its own, in a thread of its own.

It runs on its own event loop, as it does as a process, so a test that waits holds nothing up, and
its parts are started and stopped by one and the same task. If its settings say `check_contract`,
what it finds in itself fails the test, also where the test looks at no answer and no event.
"""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

START_SECONDS_MAX: Final = 30.0
"""A service starts in well under a second; on a machine that is busy otherwise it may take more."""

_FINDINGS: Final = logging.getLogger("waybill.conformance")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.decided = threading.Event()
        """Set when the service serves, or will not."""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.decided.set()

    @override
    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.decided.set()


class _Violations(logging.Handler):
    """Keeps what services find in themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


@contextmanager
def _no_violations() -> Iterator[None]:
    violations = _Violations()
    _FINDINGS.addHandler(violations)
    try:
        yield
    finally:
        _FINDINGS.removeHandler(violations)
    if violations.found:
        raise AssertionError("; ".join(violations.found))


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve until the end of the block; gives the address.

    Raises RuntimeError if that fails, AssertionError if the service broke its contract meanwhile.
    """
    with _no_violations(), socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(uvicorn.Config(app, lifespan="on", log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],), name=app.title)
        thread.start()
        try:
            server.decided.wait(START_SECONDS_MAX)
            if not server.started:
                raise RuntimeError(f"{app.title} did not start; see its log")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
