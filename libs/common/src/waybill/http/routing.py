"""Paths and methods: the routes of a contract, which respond to every method."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from fastapi import FastAPI
from fastapi.params import Depends
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from waybill.http.access import Access
from waybill.http.contract import Operation
from waybill.http.endpoint import Endpoint
from waybill.http.operation_route import MethodRefusal, OperationRoute, methods_of, without_body
from waybill.http.problems import NotFound
from waybill.http.reply import Reply, problem_reply

Methods: TypeAlias = Mapping[str, ASGIApp]
"""The application for each method of one path."""


class Resource:
    """All methods of one path. HEAD is served like GET, without the body; OPTIONS lists them."""

    def __init__(self, methods: Methods) -> None:
        self._apps: dict[str, ASGIApp] = dict(methods)
        if "GET" in methods:
            self._apps["HEAD"] = _Head(methods["GET"])
        self._refusal = MethodRefusal(self._apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps.get(scope["method"], self._refusal)(scope, receive, send)


class _Head:
    """Serves HEAD by the application for GET."""

    def __init__(self, get: ASGIApp) -> None:
        self._get = get

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._get(scope, receive, without_body(send))


class Fixed:
    """Sends the same reply to every request."""

    def __init__(self, reply: Reply) -> None:
        self._reply: Final = reply

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await self._reply.send(send)


def add(router: Router, path: str, methods: Methods) -> None:
    """Serve `path` with one application for each method."""
    router.routes.append(Route(path, Resource(methods), include_in_schema=False))


def add_all(router: Router, paths: Mapping[str, Methods]) -> None:
    """Serve paths of a contract: concrete ones match before those with parameters."""
    for path in sorted(paths, key=_concrete_first):
        add(router, path, paths[path])


def operation_routes(
    operations: Sequence[Operation],
    dependencies: Sequence[Depends] = (),
    app: FastAPI | None = None,
) -> list[OperationRoute]:
    """Return the routes of a contract, not bound yet.

    Concrete paths match before those with parameters. `dependencies` of FastAPI are solved
    before each operation; `app` may override them.
    """
    of_path: dict[str, list[Operation]] = {}
    for operation in operations:
        of_path.setdefault(operation.path, []).append(operation)
    return [
        OperationRoute(operation, methods_of(of_path[path]), dependencies, app)
        for path in sorted(of_path, key=_concrete_first)
        for operation in of_path[path]
    ]


def bind(routes: Iterable[OperationRoute], api: object, access: Access) -> None:
    """Serve each operation by the method of `api` that has its id.

    Raises AttributeError when `api` lacks one, pydantic's schema errors for types that it cannot
    validate.
    """
    for route in routes:
        operation = route.operation
        route.bind(Endpoint(operation, getattr(api, operation.id), access))


def mount(router: Router, api: object, operations: Sequence[Operation], access: Access) -> None:
    """Create the routes of a contract, bind and add them. Raises what `bind` raises."""
    routes = operation_routes(operations)
    bind(routes, api, access)
    router.routes.extend(routes)


def _concrete_first(path: str) -> list[tuple[bool, str]]:
    """Sort /orders/latest before /orders/{id} (OpenAPI: concrete paths match first)."""
    return [(segment.startswith("{"), segment) for segment in path.split("/")]


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond to a request for an unknown path."""
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
        return
    await problem_reply(NotFound(detail="No operation matches this path."), scope).send(send)
