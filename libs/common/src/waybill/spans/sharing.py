"""Work that several traces share: one transaction for many requests, or for a batch of events.

Such work is recorded in each of its sampled traces, so that every trace is complete by itself. The
spans of the same work link to the first one.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, NamedTuple

from waybill import trace
from waybill.spans.recorder import active, is_recorded, record
from waybill.spans.span import NO_LINKS, Attributes, Kind, Span
from waybill.trace import TraceContext


class _Shared(NamedTuple):
    owner: TraceContext | None
    """The span that was current when the work began. Inside another one the work is not shared."""
    contexts: Sequence[TraceContext]


_NOBODY: Final[Sequence[TraceContext]] = ()
_shared: ContextVar[_Shared | None] = ContextVar("waybill_shared_trace", default=None)


def parents() -> Sequence[TraceContext]:
    """Return the spans, in sampled traces, that the current work is done for."""
    if active() is None:
        return _NOBODY
    current = trace.current()
    shared = _shared.get()
    if shared is not None and shared.owner is current:
        return shared.contexts
    return (current,) if current is not None and current.sampled else _NOBODY


@contextmanager
def shared_by(contexts: Sequence[TraceContext]) -> Iterator[None]:
    """Do the work inside the `with` block for these spans, in sampled traces."""
    token = _shared.set(_Shared(trace.current(), contexts))
    try:
        yield
    finally:
        _shared.reset(token)


def shared_by_traces(traceparents: Iterable[str]) -> AbstractContextManager[None]:
    """Do the work inside the `with` block for these spans, as far as their traces are sampled."""
    return nullcontext() if active() is None else shared_by(sampled_of(traceparents))


def sampled_of(traceparents: Iterable[str]) -> list[TraceContext]:
    """Return the spans whose traces are recorded here."""
    found = map(trace.parse, traceparents)
    return [context for context in found if context is not None and is_recorded(context)]


def record_for_each(
    contexts: Sequence[TraceContext],
    name: str,
    kind: Kind,
    *,
    began: float,
    ended: float,
    attributes: Attributes,
    error: str | None = None,
) -> None:
    """Record the same work as a child of each of these spans."""
    links = NO_LINKS
    for parent in contexts:
        context = parent.child()
        record(Span(context, name, kind, began, ended, attributes, links, error))
        links = links or (context,)
