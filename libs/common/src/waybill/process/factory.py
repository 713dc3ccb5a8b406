"""The application of a service: a FastAPI app that opens all resources in its lifespan.

start   settings -> assemble (database, handlers, background parts) -> bind and mount -> ready
stop    not ready -> background parts finish the current batch -> the database is closed
"""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, Final, Generic

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Router
from starlette.types import Message, Receive, Scope, Send
from typing_extensions import override

from waybill.docs import mount_docs
from waybill.http.application import Application
from waybill.http.operation_route import OperationRoute
from waybill.http.routing import add_all, bind, operation_routes
from waybill.postgres import Database, DatabaseRefusedError, DatabaseUnavailableError
from waybill.process.admission import Admission, admission_of
from waybill.process.background import Process, refusal_of, running
from waybill.process.exposition import (
    METRICS_PATH,
    RUNTIME_PATH,
    Metrics,
    mount_metrics,
    shared_metrics,
)
from waybill.process.gauges import Gauges
from waybill.process.health import Liveness, Readiness, mount_health
from waybill.process.migrating import background_migrations
from waybill.process.own_readings import own_readings
from waybill.process.service import Service, declaration_of
from waybill.process.settings import (
    ProcessSettings,
    Settings,
    SomeSettings,
    read_settings,
)
from waybill.process.trace_settings import read_trace_settings
from waybill.process.tracing import tracing
from waybill.process.worker_process import Child
from waybill.process.wrong_settings import WrongSettingsError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_log = logging.getLogger(__name__)

Assemble = Callable[[SomeSettings], Awaitable[Service]]


class ServiceApp(Application, Generic[SomeSettings]):
    """The FastAPI app of a service. It may be started again after it has stopped."""

    def __init__(
        self, settings: SomeSettings | type[SomeSettings], assemble: Assemble[SomeSettings]
    ) -> None:
        declared = declaration_of(assemble)
        super().__init__(_name_in(settings), self._lifespan)
        self._settings: Final = settings
        self._contract: Final = declared.contract
        self.assemble: Final = assemble
        self.process: Process | None = None
        """Set by `run`; otherwise each start creates one."""
        self.child: Child | None = None
        """The child process that runs the background parts, or None."""
        self.is_misconfigured = False
        """Whether a start failed because of wrong settings."""
        self._operations: Final = operation_routes(declared.operations, declared.dependencies, self)
        self.router.routes.extend(self._operations)
        for router in declared.routers:
            self.include_router(router)
        declared.configure(self)

    def read_settings(self) -> SomeSettings:
        """Return the settings; reads the environment if necessary. Raises WrongSettingsError."""
        if isinstance(self._settings, ProcessSettings):
            return self._settings
        return read_settings(self._settings)

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        settings = self.read_settings()
        self.title = settings.service
        process = self.process or _process_of(settings)
        try:
            traces = read_trace_settings()
            admission = admission_of(settings) if isinstance(settings, Settings) else None
            service = await self.assemble(settings)
            if service.access is not None:
                admission = Admission(service.access)
        except (DatabaseRefusedError, WrongSettingsError):
            self.is_misconfigured = True
            raise
        self.configure_layers(settings.hosts, service.layers)
        async with AsyncExitStack() as stopping:
            await stopping.enter_async_context(tracing(traces, settings.service, process))
            stopping.push_async_callback(close, service, process)
            self.state.service = service
            stopping.callback(delattr, self.state, "service")
            self._serve(settings, service, process, stopping, admission)
            if self.child and service.database:
                service.database.on_sent = self.child.publish
            if self.child and service.sagas:
                service.sagas.started.pass_on = self.child.pass_on
            migrations = background_migrations(settings, self.assemble)
            parts = [self.child] if self.child else [*service.background, *migrations]
            in_each = [*service.in_each_process, *(admission.parts if admission else ())]
            async with running([*parts, *in_each], process):
                yield

    def _serve(
        self,
        settings: ProcessSettings,
        service: Service,
        process: Process,
        stopping: AsyncExitStack,
        admission: Admission | None,
    ) -> None:
        added = Router()
        late = operation_routes(service.operations)
        _bind([*self._operations, *late], service, admission)
        stopping.callback(self._stop_serving, added)
        added.routes.extend(late)
        add_all(added, service.paths)
        checks = {**service.checks, **(admission.checks if admission else {})}
        if service.database:
            checks = {"database": service.database.check, **checks}
        parts = [self.child] if self.child else service.background

        def reason() -> str | None:
            return process.reason_not_ready() or refusal_of(parts)

        liveness = Liveness(self.child.is_alive if self.child else lambda: True)
        mount_health(added, liveness, Readiness(checks, reason))
        contract = self._contract or service.contract
        has_own = self._has_route(METRICS_PATH)
        registry = None
        if contract:
            mount_docs(
                added,
                settings.service,
                contract,
                self._own_schema(),
                instance=settings.instance,
                start_page=not self._has_route("/"),
            )
            if settings.check_contract:
                registry = self._check(contract, service.database, added)
        databases = [each for each in (service.database, *service.other_databases) if each]
        gauges = Gauges(databases, service.background)
        own = partial(own_readings, settings.service, service.gauges, self.child)
        metrics = Metrics(gauges, registry, own, self.child)
        mount_metrics(added, RUNTIME_PATH if has_own else METRICS_PATH, metrics)
        if has_own and registry:
            stopping.enter_context(shared_metrics(registry))
        # Before the routes of the service itself, one of which may match every path.
        place = len(self._operations)
        self.routes[place:place] = added.routes

    def _check(
        self,
        contract: Traversable,
        database: Database | None,
        added: Router,
    ) -> "CollectorRegistry":
        # Imported here, so that only services with `check_contract` load it.
        from waybill.conformance import check_contract  # noqa: PLC0415 - loaded only when needed

        return check_contract([*self._operations, *added.routes], contract, database)

    def _has_route(self, path: str) -> bool:
        return any(each.path == path for each in iter_route_contexts(self.routes))

    def _stop_serving(self, added: Router) -> None:
        gone = set(map(id, added.routes))
        self.routes[:] = [route for route in self.routes if id(route) not in gone]
        for route in self._operations:
            route.unbind()

    def _own_schema(self) -> Callable[[], dict[str, Any]] | None:
        routes = (each.original_route for each in iter_route_contexts(self.routes))
        shown = any(isinstance(each, APIRoute) and each.include_in_schema for each in routes)
        return self.openapi if shown else None

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            send = _plain_failures(send)
        await super().__call__(scope, receive, send)


def build(
    settings: SomeSettings | type[SomeSettings], assemble: Assemble[SomeSettings]
) -> ServiceApp[SomeSettings]:
    """Create the FastAPI app of a service. Nothing is opened before its lifespan begins.

    With a class, the settings are read from the environment at that time too. The lifespan then
    raises WrongSettingsError when they are wrong.
    """
    return ServiceApp(settings, assemble)


async def close(service: Service, process: Process) -> None:
    """Close what `assemble` has opened, within the remaining time of the shutdown."""
    try:
        async with asyncio.timeout(process.seconds_left()):
            for each in service.closing:
                await each()
            if service.database:
                await service.database.close()
    except TimeoutError:
        _log.error("connections did not close in time; the operating system closes them")


def _name_in(settings: ProcessSettings | type[ProcessSettings]) -> str:
    if isinstance(settings, ProcessSettings):
        return settings.service
    name = settings.model_fields["service"].default
    return name if isinstance(name, str) else "waybill"


def _process_of(settings: ProcessSettings) -> Process:
    process = Process(settings.graceful_stop_seconds)
    process.on_crash = _ask_server_to_stop
    return process


def _ask_server_to_stop() -> None:
    """Send SIGTERM to a server that handles it; without a server, as in a test, do nothing."""
    if callable(signal.getsignal(signal.SIGTERM)):
        signal.raise_signal(signal.SIGTERM)


def _bind(routes: Sequence[OperationRoute], service: Service, admission: Admission | None) -> None:
    by_api = []
    for route in routes:
        endpoint = service.endpoints.get(route.operation.id)
        if endpoint is None:
            by_api.append(route)
        else:
            route.bind(endpoint)
    if not by_api:
        return
    if admission is None:
        raise TypeError("operations need settings with `access`: a subclass of waybill.Settings")
    bind(by_api, service.api, admission.access)


def _plain_failures(send: Send) -> Send:
    """Make the server log a known failure to start as one sentence, without a stack trace."""

    async def send_plainly(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            match sys.exception():
                case WrongSettingsError() as error:
                    message = {**message, "message": str(error)}
                case DatabaseRefusedError() as error:
                    message = {**message, "message": f"{error}."}
                case DatabaseUnavailableError() as error:
                    sentence = f"The database of WAYBILL_DATABASE_URL is unavailable: {error}."
                    message = {**message, "message": sentence}
                case _:
                    pass
        await send(message)

    return send_plainly
