"""The ASGI application: FastAPI with traces, problems, and a 404 problem for unknown paths."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from waybill.http.errors import ERROR_HANDLERS
from waybill.http.hosts import HostCheck
from waybill.http.routing import not_found
from waybill.http.tracing import JoinSpan, RequestTracing

Layer = Callable[[ASGIApp], ASGIApp]
Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI with a written contract instead of a derived schema.

    It has all of FastAPI's layers, with these differences: every request has a trace; an unhandled
    error and an unknown path return a problem; a slash at the end of a path is significant; and
    FastAPI's own documentation pages are off.
    """

    def __init__(self, title: str, lifespan: Lifespan | None = None) -> None:
        super().__init__(
            title=title,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            lifespan=lifespan,
            exception_handlers=dict(ERROR_HANDLERS),
        )
        self.router.default = not_found
        self._traced = RequestTracing(super().__call__)

    def configure_layers(
        self, hosts: Sequence[str] | None = None, layers: Sequence[Layer] = ()
    ) -> None:
        """Determine once, not for each request (5 us), whether FastAPI's own telemetry is used.

        It is when an OpenTelemetry provider is configured. `hosts` are the only names that a Host
        header may have; None for any. `layers` are put around all of these, the last one outermost.
        Call this when the lifespan begins.
        """
        is_needed = bool(self.root_path) or self._native_telemetry.enabled()
        app: ASGIApp = super().__call__ if is_needed else partial(Starlette.__call__, self)
        if hosts is not None:
            app = HostCheck(app, hosts)
        for layer in layers:
            app = layer(app)
        self._traced = RequestTracing(app)

    @override
    def build_middleware_stack(self) -> ASGIApp:
        # Outside the service's own middleware, inside OpenTelemetry's.
        middleware = self.user_middleware
        self.user_middleware = [Middleware(JoinSpan), *middleware]
        try:
            return super().build_middleware_stack()
        finally:
            self.user_middleware = middleware

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Not a layer of the stack: OpenTelemetry requires FastAPI's own layer to be the outermost.
        app = super().__call__ if scope["type"] == "lifespan" else self._traced
        await app(scope, receive, send)
