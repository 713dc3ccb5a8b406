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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from types import FrameType
from typing import Final, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from typing_extensions import override

from waybill import logs
from waybill.docs import mount_docs
from waybill.http import Operation, mount
from waybill.http.access import Access, access_of
from waybill.http.application import Application
from waybill.http.routing import Methods, add_all
from waybill.postgres.database import Database
from waybill.process.background import Background, Process, running
from waybill.process.health import Check, Liveness, Readiness, mount_health
from waybill.process.settings import ProcessSettings, Settings
from waybill.process.worker_process import Child, Parent, Work, fork

__all__ = ["Application", "Background", "Service", "build", "run"]

_log = logging.getLogger(__name__)

EXIT_CRASHED: Final = 1
EXIT_MISCONFIGURED: Final = 78  # EX_CONFIG of sysexits.h: starting again will not help

COLLECTED_AFTER_OBJECTS: Final = 50_000
"""Python's own 700 is reached by a few requests; this many objects take some megabytes."""

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 s for which load balancers commonly keep an idle connection to us."""

_DRAIN_SHARE: Final = 0.6
"""Of the time to stop, for requests: clients may read slowly. Batches in hand are done sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service is made of; its app.py puts one together.

    `contract` is its generated package; `api` implements the generated interface of its
    `operations`, and `paths` are what is served beside them. `checks` are asked by /health/ready,
    beside the database. `closing` runs last, in order, before the database is closed.
    """

    contract: Traversable
    api: object = None
    operations: Sequence[Operation] = ()
    paths: Mapping[str, Methods] = field(default_factory=dict)
    database: Database | None = None
    background: Sequence[Background] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    closing: Sequence[Callable[[], Awaitable[None]]] = ()


SomeSettings = TypeVar("SomeSettings", bound=ProcessSettings)
Assemble = Callable[[SomeSettings], Awaitable[Service]]


def build(
    settings: SomeSettings,
    assemble: Assemble[SomeSettings],
    process: Process | None = None,
    child: Child | None = None,
) -> FastAPI:
    """Make the application. Nothing is opened before its lifespan begins.

    A `child` does the work of the background parts, which are then not run here.
    """
    process = process or Process(settings.graceful_stop_seconds)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = await assemble(settings)
        try:
            _mount_all(app, settings, service, process, child)
            if child and service.database:
                service.database.on_sent = child.wake
            async with running([child] if child else service.background, process):
                yield
        finally:
            await _close(service, process)

    return Application(settings.service, lifespan)


def _background_of(settings: SomeSettings, assemble: Assemble[SomeSettings]) -> Work:
    """Make what a child does: run the background parts, and nothing else, until it is to stop."""

    async def work(parent: Parent) -> int:
        process = Process(settings.graceful_stop_seconds)
        service = await assemble(settings)
        woken = service.database.on_sent if service.database else lambda: None
        try:
            async with running(service.background, process), asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(parent.listen(woken))
                process.on_crash = listening.cancel
        finally:
            await _close(service, process)
        return EXIT_CRASHED if process.crashed else 0

    return work


def _mount_all(
    app: FastAPI,
    settings: ProcessSettings,
    service: Service,
    process: Process,
    child: Child | None,
) -> None:
    if service.operations:
        mount(app.router, service.api, service.operations, _access(settings))
    add_all(app.router, service.paths)
    checks = dict(service.checks)
    if service.database:
        checks = {"database": _answers(service.database), **checks}
    liveness = Liveness(child.is_alive if child else lambda: True)
    mount_health(app.router, liveness, Readiness(checks, process.reason_not_ready))
    mount_docs(app.router, settings.service, service.contract)
    if settings.check_contract:
        # Imported here: what it needs is paid for by those who want it.
        from waybill.conformance import check_contract  # noqa: PLC0415

        check_contract(app.router, service.contract, service.database)


def _access(settings: ProcessSettings) -> Access:
    if not isinstance(settings, Settings):
        raise TypeError("operations need settings that say who may call them: waybill.Settings")
    return access_of(settings.token_file)


def _answers(database: Database) -> Check:
    async def select() -> None:
        async with database.connection() as connection:
            await connection.execute("SELECT 1")

    return select


async def _close(service: Service, process: Process) -> None:
    try:
        async with asyncio.timeout(process.seconds_left()):
            for close in service.closing:
                await close()
            if service.database:
                await service.database.close()
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
    _calm_the_garbage_collector()
    child = fork(_background_of(settings, assemble)) if _has_worker_process(settings) else None
    _Server(_config(settings, build(settings, assemble, process, child)), process).run()
    if process.crashed:
        sys.exit(EXIT_CRASHED)


def _has_worker_process(settings: ProcessSettings) -> bool:
    # What breaks the contract is counted at /metrics, by one process for all.
    return settings.background_process and not settings.check_contract


def _calm_the_garbage_collector() -> None:
    """Leave alone what was imported, and look for cycles less often: hardly any are made here."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER_OBJECTS)


def _config(settings: ProcessSettings, app: FastAPI) -> uvicorn.Config:
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
