"""A service as a process: put together, served, stopped in order.

start   assemble (database, handlers, background parts) -> serve -> ready
stop    SIGTERM -> not ready -> requests in hand are answered -> background parts finish the
        batch in hand -> the database is closed; all within `graceful_stop_seconds`
crash   a background part that fails or ends by itself stops the process, exit code 1: the
        platform starts a whole one again
"""

import asyncio
import gc
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, Protocol, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.middleware import Middleware
from starlette.types import ASGIApp
from typing_extensions import override

from waybill import logs
from waybill.access import access_of
from waybill.database import Database
from waybill.docs import mount_docs
from waybill.health import Check, Readiness, mount_health
from waybill.http import Operation, mount
from waybill.http.routing import not_found
from waybill.http.tracing import Tracing
from waybill.settings import Settings

_log = logging.getLogger(__name__)

EXIT_CRASHED: Final = 1
EXIT_MISCONFIGURED: Final = 78  # EX_CONFIG of sysexits.h: starting again will not help

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 s for which load balancers commonly keep an idle connection to us."""

_DRAIN_SHARE: Final = 0.6
"""Of the time to stop, for requests: clients may read slowly. Batches in hand are done sooner."""

_FINISH_SHARE: Final = 0.8
"""Of what is then left, for batches in hand; the rest closes connections."""


class Background(Protocol):
    """A part of a service that works beside its requests: relay, consumer, timers."""

    @property
    def name(self) -> str:
        """The name in logs."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is in hand and return."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service is made of; its app.py puts one together.

    `api` implements the generated interface of `operations`; `contract` are the bytes of its
    openapi.json. `checks` are asked by /health/ready, beside the database. `closing` runs last,
    in order, before the database is closed.
    """

    api: object
    operations: Sequence[Operation]
    contract: bytes
    database: Database
    background: Sequence[Background] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    closing: Sequence[Callable[[], Awaitable[None]]] = ()


SomeSettings = TypeVar("SomeSettings", bound=Settings)
Assemble = Callable[[SomeSettings], Awaitable[Service]]


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI with nothing of its own: contracts, problems, traces and documentation are ours.

    Its layers around the router catch errors, limit bodies and close dependencies, which is done
    in waybill.http: they would take a fifth of the time of a small request.
    """

    def __init__(self, title: str, lifespan: Lifespan | None = None) -> None:
        super().__init__(
            title=title,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            # Asking at each request whether somebody has configured it costs 10 us.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
            lifespan=lifespan,
            middleware=[Middleware(Tracing)],
        )
        self.router.default = not_found

    @override
    def build_middleware_stack(self) -> ASGIApp:
        stack: ASGIApp = self.router
        for cls, args, kwargs in reversed(self.user_middleware):
            stack = cls(stack, *args, **kwargs)
        return stack


class Process:
    """What becomes of the process: shared by the server, the health checks and the parts."""

    def __init__(self, graceful_stop_seconds: float) -> None:
        self._graceful_stop_seconds = graceful_stop_seconds
        self._stop_by: float | None = None
        self.crashed = False
        self.on_crash: Callable[[], None] = lambda: None

    def begin_stop(self) -> None:
        """Be not ready from now on; the time to stop begins with the first call."""
        if self._stop_by is None:
            self._stop_by = time.monotonic() + self._graceful_stop_seconds

    def seconds_left(self) -> float:
        """Tell how much of the time to stop is left."""
        if self._stop_by is None:
            return self._graceful_stop_seconds
        return max(0.0, self._stop_by - time.monotonic())

    def reason_not_ready(self) -> str | None:
        """Say why no requests should come here, if so."""
        if self.crashed:
            return "crashed"
        return None if self._stop_by is None else "stopping"

    async def watch(self, part: Background, stop: asyncio.Event) -> None:
        """Run a background part; whatever ends it before it is told to makes the process stop."""
        try:
            await part.run(stop)
        except Exception as error:  # noqa: BLE001 (whatever it is, the process must not go on)
            _log.critical("%s crashed; stopping the process", part.name, exc_info=error)
        else:
            if stop.is_set():
                return
            _log.critical("%s ended by itself; stopping the process", part.name)
        self.crashed = True
        self.on_crash()


def build(
    settings: SomeSettings, assemble: Assemble[SomeSettings], process: Process | None = None
) -> FastAPI:
    """Make the application. Nothing is opened before its lifespan begins."""
    process = process or Process(settings.graceful_stop_seconds)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = await assemble(settings)
        try:
            _mount_all(app, settings, service, process)
            async with _running(service.background, process):
                yield
        finally:
            await _close(service, process)

    return Application(settings.service, lifespan)


def _mount_all(app: FastAPI, settings: Settings, service: Service, process: Process) -> None:
    async def database() -> None:
        async with service.database.connection() as connection:
            await connection.execute("SELECT 1")

    access = access_of(settings.token_file)
    mount(app.router, service.api, service.operations, access)
    checks = {"database": database, **service.checks}
    mount_health(app.router, Readiness(checks, process.reason_not_ready))
    mount_docs(app.router, settings.service, service.contract)


@asynccontextmanager
async def _running(parts: Sequence[Background], process: Process) -> AsyncIterator[None]:
    """Run the background parts meanwhile; at the end let them finish, but not for ever."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(process.watch(part, stop), name=part.name) for part in parts]
        try:
            yield
        finally:
            process.begin_stop()
            stop.set()
            if tasks:
                await _finish(tasks, process.seconds_left() * _FINISH_SHARE)


async def _finish(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        _log.error(
            "%s did not stop in %.1f s; what it has in hand is left", task.get_name(), seconds
        )
        task.cancel()


async def _close(service: Service, process: Process) -> None:
    try:
        async with asyncio.timeout(process.seconds_left()):
            for close in (*service.closing, service.database.close):
                await close()
    except TimeoutError:
        _log.error("connections did not close in time; left to the system")


class _Server(uvicorn.Server):
    """uvicorn that tells `process` of a signal, and ends with 0 after one that it obeyed."""

    def __init__(self, config: uvicorn.Config, process: Process) -> None:
        super().__init__(config)
        self._process = process
        process.on_crash = self._stop

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there now stays: a full collection need not walk it (some 50 ms) ever again.
        gc.collect()
        gc.freeze()
        for server in self.servers:
            for listener in server.sockets:
                _log.info("serving on %s:%s", *listener.getsockname()[:2])

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self._stop()

    def _stop(self) -> None:
        self._process.begin_stop()
        self.should_exit = True


def run(settings_type: type[SomeSettings], assemble: Assemble[SomeSettings]) -> None:
    """Be the service until SIGTERM or SIGINT: the whole of a service's `main`.

    Exits with 0 when stopped, 1 when a background part crashed, 3 when it cannot start (port in
    use, database away), 78 when the settings are wrong.
    """
    logs.configure("waybill")
    try:
        settings = settings_type()
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            name = "_".join(("WAYBILL", *map(str, each["loc"][:1]))).upper()
            _log.critical("%s is wrong: %s", name, each["msg"])
        sys.exit(EXIT_MISCONFIGURED)
    logs.configure(settings.service, settings.log_level)
    process = Process(settings.graceful_stop_seconds)
    _Server(_config(settings, build(settings, assemble, process)), process).run()
    if process.crashed:
        sys.exit(EXIT_CRASHED)


def _config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.graceful_stop_seconds * _DRAIN_SHARE)),
    )
