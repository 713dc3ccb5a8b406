"""The span of each step of a saga: from the transition that sends its command to the next one.

Both transitions may happen in different processes. So the id of the span is derived from the saga
and the number of the transition: whoever sends the command passes it on, whoever receives the
answer records it. The steps are children of the span that started the saga.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID

from waybill import spans, trace
from waybill.events import Cause
from waybill.spans import Kind, Span
from waybill.trace import TraceContext

FIRST: Final = 1
"""The number of the transition that starts a saga."""
_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class StepCause:
    """The cause of what a step sends: the span of the step, or at least the trace of its saga."""

    traceparent: str
    actor: str | None


@dataclass(frozen=True, slots=True)
class SagaTrace:
    """The trace of one saga: that of the span that started it, which old sagas do not know."""

    saga_id: UUID
    traceparent: str | None

    def step(self, number: int) -> TraceContext | None:
        """Return the span of the step that a transition begins; None when it is not recorded."""
        if not self.traceparent or spans.active() is None:
            return None
        started = trace.parse(self.traceparent)
        if started is None or not started.sampled:
            return None
        digest = blake2b(b"%d" % number, key=self.saga_id.bytes, digest_size=_ID_BYTES).hexdigest()
        return TraceContext(started.trace_id, digest, sampled=True, parent_id=started.span_id)

    def cause(self, number: int, cause: Cause | None, actor: str | None) -> Cause | None:
        """Return the cause of what a transition sends.

        The trace of what happens without an event, after a deadline, is that of its saga.
        """
        context = self.step(number)
        if context is not None:
            return StepCause(context.traceparent, cause.actor if cause else actor)
        if cause is None and self.traceparent and trace.current() is None:
            return StepCause(self.traceparent, actor)
        return cause

    def record(
        self,
        number: int,
        state: str,
        *,
        began: datetime,
        ended_by: str,
        links: Sequence[TraceContext],
    ) -> None:
        """Record the step that a transition began, and that the next one has ended now."""
        context = self.step(number)
        if context is None:
            return
        attributes: spans.Attributes = {
            "waybill.saga.id": str(self.saga_id),
            "waybill.saga.step": state,
            "waybill.saga.transition": number,
            "waybill.saga.ended_by": ended_by,
        }
        ended = time.perf_counter()
        at = min(spans.counter_at(began), ended)
        spans.record(Span(context, f"saga {state}", Kind.INTERNAL, at, ended, attributes, links))
