"""Paths and methods: from the operations of a contract to routes that answer every method."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybill.http.access import Access
from waybill.http.contract import Operation
from waybill.http.endpoint import Endpoint
from waybill.http.problems import MethodNotAllowed, NotFound
from waybill.http.reply import Reply, problem_reply

Methods: TypeAlias = Mapping[str, ASGIApp]
"""What answers each method of one path."""


class Resource:
    """All methods of one path. HEAD is answered as GET is, without the body; others are refused."""

    def __init__(self, methods: Methods) -> None:
        self._apps: dict[str, ASGIApp] = dict(methods)
        if "GET" in methods:
            self._apps["HEAD"] = _Head(methods["GET"])
        self._allow = ", ".join(sorted(self._apps))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._apps.get(scope["method"])
        if app is not None:
            await app(scope, receive, send)
            return
        detail = f"This path takes {self._allow}."
        problem = MethodNotAllowed(detail=detail, allow=self._allow)
        await problem_reply(problem, scope).send(send)


class _Head:
    """Answers HEAD with the headers of GET (RFC 9110, 9.3.2)."""

    def __init__(self, get: ASGIApp) -> None:
        self._get = get

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._get(scope, receive, send_without_body)


class Fixed:
    """Answers every request with the same reply."""

    def __init__(self, reply: Reply) -> None:
        self._reply: Final = reply

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await self._reply.send(send)


def add(router: Router, path: str, methods: Methods) -> None:
    """Serve `path` with one application for each method."""
    router.routes.append(Route(path, Resource(methods), include_in_schema=False))


def add_all(router: Router, paths: Mapping[str, Methods]) -> None:
    """Serve paths of a contract: concrete ones are looked at before those with parameters."""
    for path in sorted(paths, key=_concrete_first):
        add(router, path, paths[path])


def mount(router: Router, api: object, operations: Sequence[Operation], access: Access) -> None:
    """Serve a contract: each operation by the method of `api` that has its id.

    Raises AttributeError when `api` lacks one, pydantic's schema errors for types that it cannot
    validate.
    """
    add_all(router, paths_of(api, operations, access))


def paths_of(api: object, operations: Sequence[Operation], access: Access) -> Mapping[str, Methods]:
    """Make what serves each path and method of a contract; raises what `mount` does."""
    paths: dict[str, dict[str, ASGIApp]] = {}
    for operation in operations:
        endpoint = Endpoint(operation, getattr(api, operation.id), access)
        paths.setdefault(operation.path, {})[operation.method] = endpoint
    return paths


def _concrete_first(path: str) -> list[tuple[bool, str]]:
    """Sort /orders/latest before /orders/{id} (OpenAPI: concrete paths match first)."""
    return [(segment.startswith("{"), segment) for segment in path.split("/")]


async def not_found(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer a request for an unknown path."""
    await problem_reply(NotFound(detail="No operation has this path."), scope).send(send)
