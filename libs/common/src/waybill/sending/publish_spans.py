"""The spans of publishing: of each event, and of the round that published many.

https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/. The span of an event is a
child of the span that sent it, and begins when the event was written to the outbox: its duration is
the time that the event waited. It links to the span of its round, which links to all of them.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from waybill import spans, trace
from waybill.kafka.partitions import Partition
from waybill.sending.relay_store import OutboxEvent
from waybill.spans import Kind, Span
from waybill.trace import TraceContext


@dataclass(slots=True)
class PublishSpans:
    """The spans of one round."""

    began: float
    rows: dict[int, tuple[OutboxEvent, TraceContext]]
    """The events of sampled traces by position, each with the span that sent it."""
    context: TraceContext = field(
        default_factory=lambda: TraceContext(*_ids(trace.begin()), sampled=True)
    )
    published: list[TraceContext] = field(default_factory=list)

    def acknowledged(self, partition: Partition, positions: Iterable[int], offset: int) -> None:
        """Record the events of a batch that the broker has appended at an offset."""
        if not self.rows:
            return
        ended = time.perf_counter()
        for number, position in enumerate(positions):
            if (found := self.rows.get(position)) is None:
                continue
            row, sender = found
            context = sender.child()
            self.published.append(context)
            attributes: spans.Attributes = {
                "messaging.system": "kafka",
                "messaging.operation.name": "send",
                "messaging.operation.type": "send",
                "messaging.destination.name": row.topic,
                "messaging.destination.partition.id": str(partition.number),
                "messaging.kafka.offset": offset + number,
                "messaging.kafka.message.key": row.key,
                "messaging.message.id": str(row.envelope.id),
                "cloudevents.event_type": row.envelope.type,
            }
            name, began = f"send {row.topic}", min(spans.counter_at(row.envelope.time), self.began)
            links = (self.context,)
            spans.record(Span(context, name, Kind.PRODUCER, began, ended, attributes, links))

    def end(self, events: int) -> None:
        """Record the round, in which the broker has acknowledged so many events."""
        if not self.published:
            return
        attributes: spans.Attributes = {
            "messaging.system": "kafka",
            "messaging.operation.name": "publish round",
            "messaging.operation.type": "send",
            "messaging.batch.message_count": events,
        }
        ended = time.perf_counter()
        links = self.published
        spans.record(
            Span(self.context, "publish round", Kind.CLIENT, self.began, ended, attributes, links)
        )


NO_SPANS: Final = PublishSpans(0.0, {}, TraceContext("", "", sampled=False))
"""Those of a round without an event of a sampled trace."""


def begin_round(rows: Sequence[OutboxEvent]) -> PublishSpans:
    """Begin the spans of a round."""
    if spans.active() is None:
        return NO_SPANS
    found = {
        row.position: (row, context)
        for row in rows
        if (context := trace.parse(row.envelope.traceparent)) is not None and context.sampled
    }
    return PublishSpans(time.perf_counter(), found) if found else NO_SPANS


def _ids(context: TraceContext) -> tuple[str, str]:
    return context.trace_id, context.span_id
