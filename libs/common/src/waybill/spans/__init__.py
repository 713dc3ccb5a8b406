"""Spans of sampled traces: recorded by hand where they explain something, and exported over OTLP.

    work ──record()──> Recorder (bounded, drops when full) ──Exporter, a thread──> receiver

The work never waits for the receiver of traces, and fails never because of it. Without a receiver
nothing is recorded. `waybill.trace` has the trace context, which every request and event has.
"""

from waybill.spans.recorder import active, is_recorded, record
from waybill.spans.sharing import (
    parents,
    record_for_each,
    sampled_of,
    shared_by,
    shared_by_traces,
)
from waybill.spans.span import Attributes, Kind, Span, counter_at

__all__ = [
    "Attributes",
    "Kind",
    "Span",
    "active",
    "counter_at",
    "is_recorded",
    "parents",
    "record",
    "record_for_each",
    "sampled_of",
    "shared_by",
    "shared_by_traces",
]
