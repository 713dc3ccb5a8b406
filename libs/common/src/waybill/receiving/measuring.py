"""Measures events and their handlers; see `metrics`."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

from waybill.receiving.dead_letters import Parking, State
from waybill.receiving.event_router import Delivery
from waybill.receiving.metrics import EVENT_SECONDS, RECEIVED

Outcome: TypeAlias = Literal["processed", "duplicate"] | State

_UNKNOWN: Final = "unknown"
"""The type of what is no event, and the handler of what this service does not receive."""


def count(deliveries: Iterable[Delivery], outcome: Outcome) -> None:
    """Count deliveries whose outcome is committed."""
    found = Counter((each.type or _UNKNOWN, each.handler or _UNKNOWN) for each in deliveries)
    for labels, events in found.items():
        RECEIVED.labels(*labels, outcome).inc(events)


def count_processed(deliveries: Sequence[Delivery]) -> None:
    """Count events that have taken effect, and measure since when they were due."""
    count(deliveries, "processed")
    oldest: dict[tuple[str, str], float] = {}
    for each in deliveries:
        if each.event is not None:
            labels, sent = (each.event.type, each.handler), each.event.time.timestamp()
            oldest[labels] = min(sent, oldest.get(labels, sent))
    now = time.time()
    for labels, sent in oldest.items():
        EVENT_SECONDS.labels(*labels).observe(max(0.0, now - sent))


def count_batch(
    batch: Sequence[Delivery], processed: Sequence[Delivery], parkings: Sequence[Parking] = ()
) -> None:
    """Count the events of a batch that is committed; the others in it are duplicates."""
    count_processed(processed)
    for parking in parkings:
        count([parking.delivery], parking.state)
    done = {id(each) for each in processed} | {id(each.delivery) for each in parkings}
    if len(done) < len(batch):
        count([each for each in batch if id(each) not in done], "duplicate")
