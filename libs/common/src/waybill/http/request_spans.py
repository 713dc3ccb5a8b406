"""The span of a request that this process serves, by the semantic conventions of HTTP.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/. The query is left out, and so is the
path of a request that matches no route: both can hold what a client wants them to.
"""

from typing import Final

from starlette.types import Scope

from waybill import spans
from waybill.spans import Kind, Span
from waybill.trace import TraceContext

PROBES: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Requested every few seconds: only their failures are logged, and they have no spans."""
_FAILED: Final = 500
_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}
)
_OTHER: Final = "_OTHER"
"""The convention's name for a method that a client has made up."""


def record_request(
    scope: Scope, context: TraceContext, status: int, began: float, ended: float
) -> None:
    """Record a request that has ended; status 0 means that nothing was answered."""
    path = scope["path"]
    if scope["type"] != "http" or path in PROBES:
        return
    method = scope["method"] if scope["method"] in _METHODS else _OTHER
    route = scope.get("route")
    template = getattr(route, "path", None)
    attributes = {
        "http.request.method": method,
        "http.route": template,
        "url.path": path if template else None,
        "url.scheme": scope.get("scheme"),
        "network.protocol.version": scope.get("http_version"),
        "http.response.status_code": status or None,
        "waybill.operation": getattr(route, "operation_id", None),
    }
    name = f"{method} {template}" if template else method
    spans.record(
        Span(context, name, Kind.SERVER, began, ended, attributes, error=_error_of(status))
    )


def _error_of(status: int) -> str | None:
    if not status:
        return "no response"
    return str(status) if status >= _FAILED else None
