"""Logs why an event has not taken effect: one entry with the event, its trace and a traceback.

The traceback has no values of the event: PostgreSQL and pydantic put them into their messages.
"""

import logging
import traceback
from contextlib import nullcontext
from functools import partial
from typing import Final

from waybill import trace
from waybill.postgres import Transaction
from waybill.receiving.dead_letters import State, describe
from waybill.receiving.event_router import Delivery
from waybill.receiving.event_spans import record_parking

_log: Final = logging.getLogger(__name__)

_TRACEPARENT: Final = "traceparent"


def log_after_commit(
    tx: Transaction, delivery: Delivery, error: Exception, state: State, attempts: int
) -> None:
    """Log the failure once, when its record in the dead letters is committed."""
    tx.after_commit(partial(_log_failure, delivery, error, state, attempts))


def _log_failure(delivery: Delivery, error: Exception, state: State, attempts: int) -> None:
    record = delivery.record
    fields = {
        "event_id": str(delivery.event_id),
        "type": delivery.type,
        "key": delivery.ordering_key.key,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "handler": delivery.handler,
        "attempts": attempts,
        "state": state,
        "stack": stack_of(error),
    }
    record_parking(delivery, error, state, attempts)
    headers = dict(record.headers)
    span = trace.parse(headers.get(_TRACEPARENT, b"").decode("latin-1"))
    with trace.within(span.traceparent) if span else nullcontext():
        _log.error("consumer: event failed: %s", describe(error), extra=fields)


def stack_of(error: Exception) -> str:
    """Return the traceback of an error and of its causes, the first cause first."""
    parts: list[str] = []
    current: BaseException | None = error
    while isinstance(current, Exception):
        parts.append("".join(traceback.format_tb(current.__traceback__)) + describe(current))
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden
    return "\n\n".join(reversed(parts))
