"""One operation of a contract as a FastAPI route, which exists before the service starts.

Tools that read `app.routes` find each operation with its path, its id as the name, its method and
its tags. Its handler needs a database, so it is bound when the service starts.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from fastapi import FastAPI, Request
from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from waybill.http.contract import Operation
from waybill.http.measuring import meter_of
from waybill.http.problems import MethodNotAllowed, Unavailable
from waybill.http.reply import Reply, problem_reply

_log = logging.getLogger(__name__)


class OperationRoute(APIRoute):
    """Serves one operation, with the application that `bind` gives it.

    A request is passed directly to that application, which reads and checks it by the contract.
    With `dependencies`, FastAPI solves these first.
    """

    def __init__(
        self,
        operation: Operation,
        allow: Iterable[str],
        dependencies: Sequence[Depends] = (),
        app: FastAPI | None = None,
    ) -> None:
        """Create the route. `allow` are the methods of all operations with this path.

        Tests may override dependencies in `app`.
        """
        self.operation: Final = operation
        self.meter: Final = meter_of(operation)
        self.bound: ASGIApp = not_started
        self._methods: Final = frozenset(methods_of([operation]))
        self._bare_refusal = MethodRefusal(allow)
        self.refusal: ASGIApp = self._bare_refusal

        async def endpoint(request: Request) -> Response:
            return _PassOn(self, request)

        super().__init__(
            operation.path,
            endpoint,
            name=operation.id,
            operation_id=operation.id,
            methods=list(self._methods),
            tags=list(operation.tags),
            dependencies=dependencies,
            dependency_overrides_provider=app,
            response_model=None,
            include_in_schema=False,  # the contract is the schema
        )
        self.bind(not_started)

    def bind(self, app: ASGIApp) -> None:
        """Serve the operation by `app` from now on."""
        self.bound = app
        if not self.dependencies:
            self.app = app

    def wrap(self, layer: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put `layer` around all responses of this route."""
        self.bind(layer(self.bound))
        self.refusal = layer(self.refusal)

    def unbind(self) -> None:
        """Restore the state before the start."""
        self.bind(not_started)
        self.refusal = self._bare_refusal

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in self._methods:
            await self.refusal(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            send = without_body(send)
        if self.dependencies:
            receive = _Rereadable(receive)
        await super().handle(scope, receive, send)


class MethodRefusal:
    """Answers OPTIONS with the methods of a path, and a method that it does not have with 405."""

    def __init__(self, allow: Iterable[str]) -> None:
        self._allow = ", ".join(sorted({*allow, "OPTIONS"}))

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await Reply(204, (("allow", self._allow),)).send(send)
            return
        detail = f"This path supports {self._allow}."
        problem = MethodNotAllowed(detail=detail, allow=self._allow)
        await problem_reply(problem, scope).send(send)


async def not_started(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer an operation of a service whose lifespan has not begun."""
    _log.error(
        "%s: the service has not started. A server starts it; a test does with"
        " `with TestClient(app) as client:`.",
        scope["path"],
    )
    problem = Unavailable(detail="The service has not started; try again shortly.")
    await problem_reply(problem, scope).send(send)


def without_body(send: Send) -> Send:
    """Answer HEAD with the headers of GET (RFC 9110, 9.3.2)."""

    async def send_without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_without_body


def methods_of(operations: Iterable[Operation]) -> list[str]:
    """List the methods of operations. HEAD is answered wherever GET is."""
    methods = {each.method for each in operations}
    return sorted({*methods, "HEAD"} if "GET" in methods else methods)


class _Rereadable:
    """Buffers what a dependency reads of a body, so that the operation can read it too."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []

    async def __call__(self) -> Message:
        self._kept.append(await self._receive())
        return self._kept[-1]

    async def again(self) -> Message:
        """Receive from the beginning."""
        return self._kept.pop(0) if self._kept else await self._receive()


class _PassOn(Response):
    """The response of an operation for FastAPI; the operation itself sends it."""

    def __init__(self, route: OperationRoute, request: Request) -> None:
        super().__init__()
        self._route = route
        self._receive = request.receive

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = self._receive
        receive = kept.again if isinstance(kept, _Rereadable) else receive
        await self._route.bound(scope, receive, send)
        if self.background is not None:
            await self.background()
