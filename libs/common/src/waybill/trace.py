"""Trace context (W3C): the trace that a unit of work belongs to.

https://www.w3.org/TR/trace-context/: a caller sends `traceparent`, the work here gets its own span
in the same trace, and its events, logs and responses carry the trace id.
"""

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Final

_TRACEPARENT: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})"
    r"-(?!0{32})(?P<trace_id>[0-9a-f]{32})"
    r"-(?!0{16})(?P<span_id>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})"
    r"(?P<rest>-.*)?",
    re.ASCII,
)
_SAMPLED: Final = 0x01


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span: 32 and 16 hexadecimal digits, and the sampled flag."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def traceparent(self) -> str:
        """The header's value, version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self) -> "TraceContext":
        """Return a new span in the same trace."""
        return TraceContext(self.trace_id, _hex(64), self.sampled)


_current: ContextVar[TraceContext | None] = ContextVar("waybill_trace", default=None)


SCOPE_KEY: Final = "waybill.trace"


class RequestTrace:
    """The span of one request, in its ASGI scope under SCOPE_KEY.

    A context variable that is set inside a middleware may not be visible outside of it.
    """

    __slots__ = ("context",)

    def __init__(self, context: TraceContext) -> None:
        self.context = context


def of(scope: Mapping[str, Any]) -> TraceContext:
    """Return the span of the request in `scope`, or a new trace if there is none."""
    request: RequestTrace | None = scope.get(SCOPE_KEY)
    return request.context if request else current() or begin()


def parse(traceparent: str | None) -> TraceContext | None:
    """Parse a traceparent; None when it is missing or malformed, and must be ignored."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (found["version"] == "00" and found["rest"]):
        return None
    return TraceContext(
        found["trace_id"], found["span_id"], sampled=bool(int(found["flags"], 16) & _SAMPLED)
    )


def trace_id(traceparent: str) -> str:
    """Return the trace id of a well-formed traceparent."""
    return traceparent[3:35]


def begin(traceparent: str | None = None) -> TraceContext:
    """Return a new span: in the trace of `traceparent` if it is valid, else in a new trace."""
    parent = parse(traceparent)
    if parent is not None:
        return parent.child()
    return TraceContext(_hex(128), _hex(64))


def _hex(bits: int) -> str:
    """Return a random id that is not zero. It must be unique, not secret."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


def current() -> TraceContext | None:
    """Return the current span, or None."""
    return _current.get()


def current_traceparent() -> str:
    """Return the traceparent of the current span, or of a new trace."""
    return (_current.get() or begin()).traceparent


def enter(context: TraceContext) -> Token[TraceContext | None]:
    """Make `context` current, until `leave` is called with the token."""
    return _current.set(context)


def leave(token: Token[TraceContext | None]) -> None:
    """Restore the span that was current before `enter`."""
    _current.reset(token)


@contextmanager
def within(traceparent: str | None) -> Iterator[TraceContext]:
    """Make the span of `begin(traceparent)` current inside the `with` block."""
    context = begin(traceparent)
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)
