"""Where spans go: a bounded buffer of this process, which an exporter empties.

Recording a span appends a tuple to it: nothing is encoded or sent by the code that does the work.
When the buffer is full, new spans are dropped and counted. Without a recorder nothing is recorded.
"""

from collections import deque
from typing import Final

from waybill.spans.span import Span
from waybill.trace import TraceContext

SPANS_MAX: Final = 8_192
"""Some seconds of 10 % of 1,000 orders a second. A span takes about half a kilobyte."""


class Recorder:
    """The buffer, and how many spans were dropped because it was full."""

    def __init__(self, most: int = SPANS_MAX) -> None:
        self._most: Final = most
        self._spans: deque[Span] = deque()
        self.recorded = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, span: Span) -> None:
        """Add a span. Never waits."""
        self.recorded += 1
        if len(self._spans) >= self._most:
            self.dropped += 1
        else:
            self._spans.append(span)

    def take(self, most: int) -> list[Span]:
        """Remove and return the oldest spans. May be called in another thread."""
        return [self._spans.popleft() for _ in range(min(most, len(self._spans)))]


class _Active:
    recorder: Recorder | None = None


def use(recorder: Recorder | None) -> None:
    """Record the spans of this process there from now on; None records nothing."""
    _Active.recorder = recorder


def active() -> Recorder | None:
    """Return the recorder of this process, if there is one."""
    return _Active.recorder


def is_recorded(context: TraceContext | None) -> bool:
    """Whether the spans of this trace are recorded here."""
    return context is not None and context.sampled and _Active.recorder is not None


def record(span: Span) -> None:
    """Record a span, if its trace is sampled and there is a recorder."""
    if span.context.sampled and (recorder := _Active.recorder) is not None:
        recorder.add(span)
