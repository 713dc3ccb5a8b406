"""A service as a process of its own: `python -m orders`.

start   settings -> fork the background process, if it is enabled -> serve -> ready
stop    SIGTERM -> not ready -> streams end, running requests are answered -> the lifespan of
        the app ends; all within `graceful_stop_seconds`
crash   a background part that fails or returns early stops the process, exit code 1: the
        platform starts a new one
"""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from types import FrameType
from typing import Final

import uvicorn
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from waybill import logs
from waybill.backoff import pause
from waybill.http.errors import RECORDED
from waybill.http.metrics import CONNECTIONS, CONNECTIONS_MAX, IN_PROGRESS
from waybill.http.protocol import LimitedHttpProtocol
from waybill.http.streaming import end_streams
from waybill.metrics import READERS, Sample
from waybill.process.background import Process, refusal_of, running
from waybill.process.factory import Assemble, ServiceApp, close
from waybill.process.listening import drain, inherited_sockets
from waybill.process.migrating import background_migrations, prepare_database
from waybill.process.own_readings import process_readings
from waybill.process.settings import ProcessSettings, Settings, SomeSettings
from waybill.process.trace_settings import read_trace_settings
from waybill.process.tracing import tracing
from waybill.process.values import BACKGROUND, counted, packed, values_of
from waybill.process.worker_process import Parent, Work, fork
from waybill.process.wrong_settings import EXIT_MISCONFIGURED, WrongSettingsError
from waybill.tls import ServerCertificate, TlsFileError

_log = logging.getLogger(__name__)

EXIT_CRASHED: Final = 1

COLLECTED_AFTER_OBJECTS: Final = 50_000
"""Python's default of 700 is reached by a few requests; this many objects take some megabytes."""

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 s for which load balancers commonly keep an idle connection."""

_TICKS_A_SECOND: Final = 10
"""As uvicorn counts: what it does once a second, the Date of responses, it does every ten ticks."""
_TICKS_BETWEEN_RELOADS: Final = 50
"""A renewed certificate is used within 5 s."""

_IDLE_SHARE: Final = 0.2
"""Share of the shutdown time for connections without a request: a busy client uses each of its
connections in this time."""
_DRAIN_SHARE: Final = 0.6
"""Share of the shutdown time for requests: clients may read slowly. Batches end sooner."""


def run(app: ServiceApp[SomeSettings]) -> None:
    """Run the service until SIGTERM or SIGINT: the whole of a service's `main`.

    Exits with 0 when stopped, 1 when a background part crashed, 3 when it cannot start (port in
    use, database unavailable), 78 when the settings are wrong or the database refuses them.
    """
    logs.configure("waybill")
    try:
        settings = app.read_settings()
        read_trace_settings()
    except WrongSettingsError as error:
        for sentence in error.sentences:
            _log.critical("%s", sentence)
        sys.exit(EXIT_MISCONFIGURED)
    logs.configure(settings.service, settings.log_level)
    if isinstance(settings, Settings):
        prepare_database(settings, app.assemble.__module__)
    app.process = Process(settings.graceful_stop_seconds)
    _tune_garbage_collector()
    sockets = inherited_sockets()
    if _has_worker_process(settings):
        app.child = fork(_background_of(settings, app.assemble, sockets or ()))
    certificate = settings.server_certificate()
    try:
        _Server(_config(settings, app, certificate), app.process, certificate).run(sockets)
    except SystemExit:
        if app.is_misconfigured:
            sys.exit(EXIT_MISCONFIGURED)
        raise
    if app.process.crashed:
        sys.exit(EXIT_CRASHED)


def _background_of(
    settings: SomeSettings, assemble: Assemble[SomeSettings], sockets: Sequence[socket.socket]
) -> Work:
    """Return the work of the child process: run the background parts until it must stop."""

    async def work(parent: Parent) -> int:
        for each in sockets:
            each.close()  # otherwise connections would wait for this process, too
        baseline = counted()
        process = Process(settings.graceful_stop_seconds)
        service = await assemble(settings)
        publish = service.database.on_sent if service.database else lambda _: None
        cache = service.sagas.started.cache if service.sagas else lambda _: None
        parts = [*service.background, *background_migrations(settings, assemble)]
        try:
            async with (
                tracing(read_trace_settings(), settings.service, process),
                running(parts, process),
                asyncio.TaskGroup() as tasks,
            ):
                listening = tasks.create_task(
                    parent.listen(
                        publish,
                        cache,
                        partial(refusal_of, service.background),
                        lambda: packed(values_of(BACKGROUND, process_readings(), baseline)),
                    )
                )
                process.on_crash = listening.cancel
        finally:
            await close(service, process)
        return EXIT_CRASHED if process.crashed else 0

    return work


class _Server(uvicorn.Server):
    """A uvicorn server that stops `process` on a signal, and then exits with 0."""

    def __init__(
        self, config: uvicorn.Config, process: Process, certificate: ServerCertificate | None
    ) -> None:
        super().__init__(config)
        self._process = process
        self._certificate = certificate
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        process.on_crash = self._stop

    @override
    async def main_loop(self) -> None:
        """Tick once a second, not ten times: each wakes an idle process. Return at `_stop`."""
        self._loop = asyncio.get_running_loop()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += _TICKS_A_SECOND
            await pause(self._stopping, 1.0)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # Objects that exist now are permanent: later collections skip them (some 50 ms).
        gc.collect()
        gc.freeze()
        READERS.append(self._readings)
        for server in self.servers:
            for listener in server.sockets:
                _log.info("serving on %s:%s", *listener.getsockname()[:2])

    def _readings(self) -> Iterator[Sample]:
        state = self.server_state
        yield IN_PROGRESS.of(len(state.tasks))
        yield CONNECTIONS.of(len(state.connections))
        yield CONNECTIONS_MAX.of(LimitedHttpProtocol.connections_max)

    @override
    async def on_tick(self, counter: int) -> bool:
        if self._certificate and counter % _TICKS_BETWEEN_RELOADS == 0:
            _reload(self._certificate)
        return await super().on_tick(counter)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end_streams()
        for server in self.servers:
            server.close()
        if not self.force_exit:
            seconds = self._process.seconds_left() * _IDLE_SHARE
            await drain(self.server_state.connections, seconds)
        await super().shutdown(sockets)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self._stop()

    def _stop(self) -> None:
        self._process.begin_stop()
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)  # a signal may interrupt the loop


def _reload(certificate: ServerCertificate) -> None:
    try:
        if certificate.reload():
            _log.info("certificate reloaded")
    except TlsFileError as error:
        _log.error("the certificate in use stays: %s", error)


def _has_worker_process(settings: ProcessSettings) -> bool:
    # Contract violations are counted at /metrics, which reports one process only.
    return settings.background_process and not settings.check_contract


def _tune_garbage_collector() -> None:
    """Freeze imported objects, and collect less often: services create hardly any cycles."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER_OBJECTS)


def _config(
    settings: ProcessSettings, app: ServiceApp[SomeSettings], certificate: ServerCertificate | None
) -> uvicorn.Config:
    return uvicorn.Config(
        _LoggedOnce(app),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=LimitedHttpProtocol,
        ws="auto" if _has_websockets(app) else "none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.graceful_stop_seconds * _DRAIN_SHARE)),
    )


def _has_websockets(app: ServiceApp[SomeSettings]) -> bool:
    """Whether the server needs WebSockets: the library takes some megabytes."""
    routes = (each.original_route for each in iter_route_contexts(app.routes))
    return any(isinstance(each, WebSocketRoute | Mount) for each in routes)


class _LoggedOnce:
    """Hides from the server an error that the runtime has logged already, with its trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:
            if not scope.get(RECORDED):
                raise
