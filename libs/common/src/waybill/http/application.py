"""The ASGI application: FastAPI, with the traces, the problems and the unknown paths of Waybill."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from waybill.http.errors import ERROR_HANDLERS
from waybill.http.routing import not_found
from waybill.http.tracing import JoinSpan, RequestTracing

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI whose contract is written and not derived.

    All of FastAPI's layers are there. Different are: every request has a trace; an error that
    nobody handles, and an unknown path, is answered with a problem; paths are taken as they are
    written, with or without a slash at the end; and FastAPI's own pages about its routes are off.
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

    def look_for_telemetry(self) -> None:
        """Ask now, and not at each request (5 us), whether FastAPI's own telemetry has work to do.

        It has when a provider of OpenTelemetry is configured. Call it when the lifespan begins.
        """
        is_needed = bool(self.root_path) or self._native_telemetry.enabled()
        app = super().__call__ if is_needed else partial(Starlette.__call__, self)
        self._traced = RequestTracing(app)

    @override
    def build_middleware_stack(self) -> ASGIApp:
        # Outside of the service's own middleware, inside of OpenTelemetry's.
        middleware = self.user_middleware
        self.user_middleware = [Middleware(JoinSpan), *middleware]
        try:
            return super().build_middleware_stack()
        finally:
            self.user_middleware = middleware

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Not a layer of the stack: OpenTelemetry wants FastAPI's own one to be the outermost.
        app = super().__call__ if scope["type"] == "lifespan" else self._traced
        await app(scope, receive, send)
