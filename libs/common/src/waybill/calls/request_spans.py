"""The span of a request to another service, by the semantic conventions of HTTP clients.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/. Each attempt has its own span, and the
service continues the trace from it. The query is left out: it can hold data of customers.
"""

import time
from collections.abc import Sequence
from types import TracebackType
from urllib.parse import urlsplit

from waybill import spans, trace
from waybill.calls.targets import Target
from waybill.spans import Kind, Span
from waybill.trace import TraceContext

_FAILED = 400


class RequestSpan:
    """One request, until the headers of its response; a context manager."""

    def __init__(self, context: TraceContext, target: Target, method: str, path: str) -> None:
        self._context = context
        self._target = target
        self._method = method
        self._path = path.partition("?")[0]
        self._began = time.perf_counter()
        self.status: int | None = None
        """The status of the response, once it has arrived."""

    def sent(self, headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers of the request, which continue the trace from this span."""
        others = [each for each in headers if each[0].lower() != "traceparent"]
        return [*others, ("traceparent", self._context.traceparent)]

    def __enter__(self) -> "RequestSpan":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        address = urlsplit(self._target.origin)
        attributes = {
            "http.request.method": self._method,
            "http.response.status_code": self.status,
            "server.address": address.hostname,
            "server.port": address.port,
            "url.full": self._target.origin + self._path,
        }
        failure = kind.__name__ if kind else None
        if self.status is not None and self.status >= _FAILED:
            failure = str(self.status)
        ended = time.perf_counter()
        spans.record(
            Span(
                self._context,
                self._method,
                Kind.CLIENT,
                self._began,
                ended,
                attributes,
                (),
                failure,
            )
        )


def begin_request(target: Target, method: str, path: str) -> RequestSpan | None:
    """Begin the span of a request; None when its trace is not recorded."""
    current = trace.current()
    if current is None or not spans.is_recorded(current):
        return None
    return RequestSpan(current.child(), target, method, path)
