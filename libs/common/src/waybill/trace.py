"""Trace context (W3C): the trace that a unit of work belongs to.

https://www.w3.org/TR/trace-context/: a caller sends `traceparent`, the work here gets its own span
in the same trace, and its events, logs and responses carry the trace id.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

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
    """A span: 32 and 16 hexadecimal digits, the sampled flag, and the span that it is a child of.

    `parent_id` is empty in a span that begins its trace, and in one that was read from a header.
    """

    trace_id: str
    span_id: str
    sampled: bool = True
    parent_id: str = ""

    @property
    def traceparent(self) -> str:
        """The header's value, version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self) -> "TraceContext":
        """Return a new span in the same trace."""
        return TraceContext(self.trace_id, _hex(64), self.sampled, self.span_id)


Sampler: TypeAlias = Callable[[str, bool | None], bool]
"""Whether a trace is sampled, from its id and from what its caller has decided, if there is one."""


def follow_caller(_trace_id: str, parent: bool | None) -> bool:  # noqa: FBT001 - one of two facts
    """Sample what the caller samples, and every trace that begins here."""
    return parent is not False


class _Sampling:
    """The sampler of this process, which `sample_by` replaces."""

    decide: Sampler = staticmethod(follow_caller)


def sample_by(sampler: Sampler) -> None:
    """Decide by `sampler` from now on which traces are sampled, in this process."""
    _Sampling.decide = staticmethod(sampler)


_current: ContextVar[TraceContext | None] = ContextVar("waybill_trace", default=None)


SCOPE_KEY: Final = "waybill.trace"


class RequestTrace:
    """The span of one request, in its ASGI scope under SCOPE_KEY.

    A context variable that is set inside a middleware may not be visible outside of it.
    """

    __slots__ = ("context", "is_ours")

    def __init__(self, context: TraceContext) -> None:
        self.context = context
        self.is_ours = True
        """False when OpenTelemetry's own libraries have recorded the span."""


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
        sampled = _Sampling.decide(parent.trace_id, parent.sampled)
        return TraceContext(parent.trace_id, _hex(64), sampled, parent.span_id)
    trace_id = _hex(128)
    return TraceContext(trace_id, _hex(64), _Sampling.decide(trace_id, None))


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
def resumed(traceparent: str) -> Iterator[TraceContext]:
    """Make the span of `traceparent` itself current inside the `with` block, not a child of it."""
    context = parse(traceparent) or begin()
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)


@contextmanager
def within(traceparent: str | None) -> Iterator[TraceContext]:
    """Make the span of `begin(traceparent)` current inside the `with` block."""
    context = begin(traceparent)
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)
