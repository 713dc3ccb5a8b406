"""What a service is made of: what it declares before anything is open, and what its parts are.

    @serves(files("orders.contract"), OPERATIONS)             known at import: routes
    async def assemble(settings: OrdersSettings) -> Service:  made at the start: connections, parts

Where each of these lives when the background parts have a process of their own (see apart.py), or
when a server runs several worker processes, is said in docs/fastapi.md.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Generic, ParamSpec

from fastapi import APIRouter, Depends, FastAPI
from fastapi.params import Depends as Dependency
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from waybill.http import Operation
from waybill.http.access import Access
from waybill.http.routing import Methods
from waybill.metrics import Sample
from waybill.postgres import Database
from waybill.process.background import Background
from waybill.process.health import Check
from waybill.saga import Sagas

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts of a service; `assemble` in its app.py creates it.

    `api` implements the generated interface of the operations; `endpoints` maps the
    id of an operation to an application that serves it instead. `paths` are served in addition to
    the operations. `checks` are run by /health/ready, in addition to the database check. `closing`
    runs last, in order, before the database is closed.

    `other_databases` are those without events: /metrics says whether they answer, too. They are
    closed by `closing`.

    `background` are the parts of which the service has one: they run in the background process if
    there is one. `in_each_process` are parts that run in every serving process, such as one that
    refreshes a cache. `sagas` are those that its requests start and its background parts move.

    `access` says who may call the operations, instead of the setting: the issuer of tokens has one.

    `layers` are put around the whole application, the last one outermost. `gauges` returns
    values for /metrics, of readings that the service has declared (`waybill.metrics`).

    `contract` and `operations` are for a service whose `assemble` is not decorated by `serves`.
    """

    contract: Traversable | None = None
    api: object = None
    access: Access | None = None
    operations: Sequence[Operation] = ()
    endpoints: Mapping[str, ASGIApp] = field(default_factory=dict)
    paths: Mapping[str, Methods] = field(default_factory=dict)
    database: Database | None = None
    other_databases: Sequence[Database] = ()
    sagas: Sagas | None = None
    background: Sequence[Background] = ()
    in_each_process: Sequence[Background] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    layers: Sequence[Callable[[ASGIApp], ASGIApp]] = ()
    gauges: Callable[[], Iterable[Sample]] = tuple
    closing: Sequence[Callable[[], Awaitable[None]]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The parts of an application that need no open resource; see `serves`."""

    contract: Traversable | None = None
    operations: Sequence[Operation] = ()
    routers: Sequence[APIRouter] = ()
    dependencies: Sequence[Dependency] = ()
    configure: Callable[[FastAPI], object] = lambda _app: None


class Assembly(Generic[P]):
    """An `assemble` function with its declaration; calling it calls the function."""

    def __init__(self, assemble: Callable[P, Awaitable[Service]], declaration: Declaration) -> None:
        update_wrapper(self, assemble)
        self._assemble = assemble
        self.declaration = declaration

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Service:
        return await self._assemble(*args, **kwargs)


def serves(
    contract: Traversable | None = None,
    operations: Sequence[Operation] = (),
    *,
    routers: Sequence[APIRouter] = (),
    dependencies: Sequence[Dependency] = (),
    configure: Callable[[FastAPI], object] = lambda _app: None,
) -> Callable[[Callable[P, Awaitable[Service]]], Assembly[P]]:
    """Declare the parts of every application that is built from an `assemble` function.

    `contract` is the generated package, `operations` are its operations. `routers` are included
    after them. `dependencies` are solved before each operation, as FastAPI does it for a route.
    `configure` is called with the new application: there a service adds middleware, exception
    handlers and instrumentors. It is called once for each application, before its lifespan.
    """
    declaration = Declaration(
        contract=contract,
        operations=operations,
        routers=routers,
        dependencies=dependencies,
        configure=configure,
    )
    return lambda assemble: Assembly(assemble, declaration)


def declaration_of(assemble: Callable[..., Any]) -> Declaration:
    """Return the declaration of `serves`; unwraps functools.partial."""
    while isinstance(assemble, partial):
        assemble = assemble.func
    return assemble.declaration if isinstance(assemble, Assembly) else Declaration()


def _current_service(connection: HTTPConnection) -> Service:
    service: Service = connection.app.state.service
    return service


def _current_database(service: Annotated[Service, Depends(_current_service)]) -> Database:
    if service.database is None:
        raise RuntimeError("CurrentDatabase: this service has no database")
    return service.database


CurrentService = Annotated[Service, Depends(_current_service)]
"""The service, for a parameter of a route or a dependency: `async def stats(of: CurrentService)`.

It exists while the application's lifespan is running.
"""

CurrentDatabase = Annotated[Database, Depends(_current_database)]
"""The database of the service, for a parameter of a route or a dependency."""
