"""The span of each received event, by the semantic conventions of messaging.

https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/. An event is processed in the
trace of its sender, as a child of the span that sent it. Events of one batch share a transaction:
each of them has its own span, which says how many there were and links to the first one.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from waybill import spans, trace
from waybill.receiving.event_router import Delivery
from waybill.spans import Kind, Span
from waybill.trace import TraceContext


def processed(batch: Sequence[Delivery], group: str | None = None) -> AbstractContextManager[None]:
    """Record the span of each event of a sampled trace around its processing."""
    if spans.active() is None:
        return nullcontext()
    traced = [(each, context) for each in batch if (context := _context_of(each)) is not None]
    return _processed(traced, len(batch), group) if traced else nullcontext()


@contextmanager
def _processed(
    traced: Sequence[tuple[Delivery, TraceContext]], batch_size: int, group: str | None
) -> Iterator[None]:
    began, error = time.perf_counter(), None
    try:
        with spans.shared_by([context for _, context in traced]):
            yield
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        ended = time.perf_counter()
        links: Sequence[TraceContext] = ()
        for delivery, context in traced:
            attributes = _attributes(delivery, batch_size, group)
            name = f"process {delivery.record.topic}"
            spans.record(Span(context, name, Kind.CONSUMER, began, ended, attributes, links, error))
            links = links or (context,)


def record_parking(delivery: Delivery, error: Exception, state: str, attempts: int) -> None:
    """Record that an event has failed, and was set aside to be retried or as a dead letter."""
    parent = _context_of(delivery)
    if parent is None:
        return
    now = time.perf_counter()
    attributes = {
        "messaging.message.id": str(delivery.event_id),
        "cloudevents.event_type": delivery.type,
        "waybill.dead_letter.state": state,
        "waybill.dead_letter.attempts": attempts,
    }
    kind = type(error).__name__
    spans.record_for_each(
        [parent], "park", Kind.INTERNAL, began=now, ended=now, attributes=attributes, error=kind
    )


def _context_of(delivery: Delivery) -> TraceContext | None:
    """Return the span of the event, which `EventRouter.read` has begun, as a child of its sender's.

    The event has its own span as its trace context, so that what its handler sends is a child.
    """
    if delivery.event is None:
        return None
    sender = trace.parse(dict(delivery.record.headers).get("traceparent", b"").decode("latin-1"))
    own = trace.parse(delivery.event.traceparent)
    if sender is None or own is None or not spans.is_recorded(own):
        return None
    return TraceContext(own.trace_id, own.span_id, own.sampled, sender.span_id)


def _attributes(delivery: Delivery, batch_size: int, group: str | None) -> spans.Attributes:
    record = delivery.record
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
        "messaging.kafka.message.key": delivery.ordering_key.key,
        "messaging.message.id": str(delivery.event_id),
        "messaging.consumer.group.name": group,
        "messaging.batch.message_count": batch_size if batch_size > 1 else None,
        "cloudevents.event_type": delivery.type,
    }
