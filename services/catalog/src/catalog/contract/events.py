"""The events of catalog. Generated; never edited."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from waybill.events import Cause, Message, Received, Topic
from waybill.postgres import Transaction

from catalog.contract import sent

Sent: TypeAlias = sent.PriceChanged | sent.VariantAdded
"""All that catalog may send."""

_MESSAGES: Final[Mapping[type[Sent], Message[Any]]] = {
    sent.PriceChanged: Message(
        type="catalog.price-changed.v1",
        topic="catalog.variant-events.v1",
        key="sku",
        model=sent.PriceChanged,
    ),
    sent.VariantAdded: Message(
        type="catalog.variant-added.v1",
        topic="catalog.variant-events.v1",
        key="sku",
        model=sent.VariantAdded,
    ),
}


def send(tx: Transaction, event: Sent, cause: Cause | None = None) -> None:
    """Send `event` when the transaction commits, and only then; per key in the order of sending.

    `cause` is what led to it, an event received or a call: its trace is carried on.
    """
    tx.send(_MESSAGES[type(event)], event, cause)


RECEIVED: Final[tuple[Received[Any], ...]] = ()
"""Which method of the event_handlers handles which message."""

TOPICS: Final[tuple[Topic, ...]] = (
    Topic(name="catalog.variant-events.v1", partitions=8, retention_hours=168),
)
"""The topics that catalog owns."""
