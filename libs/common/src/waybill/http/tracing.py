"""Every request has a trace, and every response carries its id.

    RequestTracing -> the layers of FastAPI and of OpenTelemetry -> JoinSpan -> middleware, routes

RequestTracing continues the trace of the caller or starts one. If OpenTelemetry has started a span
for the request, JoinSpan uses that span: its trace id is in the response, in logs and in events.
"""

import logging
import time
from typing import Final

from opentelemetry.trace import get_current_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybill import trace
from waybill.http.measuring import measure
from waybill.trace import RequestTrace, TraceContext

_log: Final = logging.getLogger("waybill.http.requests")

_PROBES: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Requested every few seconds: only their failures are logged."""
_OK: Final = 200


class RequestTracing:
    """The outermost layer. Adds X-Trace-Id to every response, including error responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = RequestTrace(trace.begin(_traceparent(scope)))
        scope[trace.SCOPE_KEY] = request
        began = time.perf_counter()
        status = 0

        async def send_with_trace_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                trace_id = (b"x-trace-id", request.context.trace_id.encode())
                message["headers"] = [*message.get("headers", ()), trace_id]
            await send(message)

        token = trace.enter(request.context)
        try:
            await self._app(scope, receive, send_with_trace_id)
        finally:
            seconds = time.perf_counter() - began
            measure(scope, status, seconds, request.context)
            if _log.isEnabledFor(logging.INFO) and scope["type"] == "http":
                _log_request(scope, request, status, seconds)
            trace.leave(token)


def _log_request(scope: Scope, request: RequestTrace, status: int, seconds: float) -> None:
    """Log one line, without the query, which may have data of customers."""
    method, path = scope["method"], scope["path"]
    if path in _PROBES and status == _OK:
        return
    # JoinSpan may have replaced the trace.
    token = trace.enter(request.context)
    fields = {"method": method, "path": path, "status": status, "seconds": round(seconds, 6)}
    _log.info("%s %s %d", method, path, status, extra=fields)
    trace.leave(token)


class JoinSpan:
    """Uses OpenTelemetry's span, if there is one, as the span of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        span = get_current_span().get_span_context()
        request: RequestTrace | None = scope.get(trace.SCOPE_KEY)
        if request is None or not span.is_valid:
            await self._app(scope, receive, send)
            return
        request.context = TraceContext(
            f"{span.trace_id:032x}", f"{span.span_id:016x}", sampled=span.trace_flags.sampled
        )
        token = trace.enter(request.context)
        try:
            await self._app(scope, receive, send)
        finally:
            trace.leave(token)


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value, "latin-1")
    return None
