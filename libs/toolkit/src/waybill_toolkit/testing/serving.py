"""Runs a whole service in a test, on its own port and in its own thread.

It has its own event loop, as in a process: a waiting test does not block it, and one task starts
and stops its parts. With the setting `check_contract`, a contract violation that it finds fails the
test. So does a crash of one of its parts; code that waits for it calls `require_running`.
"""

import logging
import socket
import threading
from asyncio import Protocol
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from waybill.http.protocol import LimitedHttpProtocol
from waybill.tls import ServerCertificate

START_SECONDS_MAX: Final = 30.0
"""A service starts in less than a second on an idle machine."""

_FINDINGS: Final = logging.getLogger("waybill.conformance")
_PARTS: Final = logging.getLogger("waybill.process.background")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.decided = threading.Event()
        """Set when the service is ready or has failed."""

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


class _Kept(logging.Handler):
    """Collects log messages, with their exceptions."""

    def __init__(self, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.found.append(record.getMessage() + (f": {error!r}" if error else ""))


@contextmanager
def _no_violations() -> Iterator[None]:
    violations = _Kept()
    _FINDINGS.addHandler(violations)
    try:
        yield
    finally:
        _FINDINGS.removeHandler(violations)
    if violations.found:
        raise AssertionError("; ".join(violations.found))


_crashes: Final = _Kept(logging.CRITICAL)
_threads: Final[list[threading.Thread]] = []
"""The threads of the running services."""


@contextmanager
def _crashes_kept() -> Iterator[None]:
    if _crashes in _PARTS.handlers:  # another service is running in an outer block
        yield
        return
    _PARTS.addHandler(_crashes)
    try:
        yield
    finally:
        _PARTS.removeHandler(_crashes)
        _crashes.found.clear()


@contextmanager
def _kept_running(thread: threading.Thread) -> Iterator[None]:
    _threads.append(thread)
    try:
        yield
        require_running()
    finally:
        _threads.remove(thread)


def require_running() -> None:
    """Raise AssertionError when a service of this test, or a part of it, has ended."""
    ended = [f"{thread.name} ended by itself" for thread in _threads if not thread.is_alive()]
    if faults := [*_crashes.found, *ended]:
        raise AssertionError("; ".join(faults))


@contextmanager
def serving(
    app: FastAPI,
    http: type[Protocol] = LimitedHttpProtocol,
    certificate: ServerCertificate | None = None,
) -> Iterator[str]:
    """Serve until the end of the block, with a certificate over https; yields the address.

    Raises RuntimeError if that fails, AssertionError if the service crashed or broke its contract
    meanwhile.
    """
    with (
        _no_violations(),
        _crashes_kept(),
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        server = _Server(
            uvicorn.Config(
                app,
                http=http,
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # as in waybill.process.server
                ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
            )
        )
        thread = threading.Thread(target=server.run, args=([listener],), name=app.title)
        thread.start()
        try:
            server.decided.wait(START_SECONDS_MAX)
            if not server.started:
                raise RuntimeError(f"{app.title} did not start; see its log")
            with _kept_running(thread):
                yield f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
