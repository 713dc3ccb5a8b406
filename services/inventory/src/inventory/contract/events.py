"""The events of inventory. Generated; never edited."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from waybill.events import Cause, Event, Message, Received, Topic
from waybill.postgres import Transaction

from inventory.contract import received, sent

Sent: TypeAlias = (
    sent.CommitRefused
    | sent.ReservationExpired
    | sent.StockCommitted
    | sent.StockRefused
    | sent.StockReleased
    | sent.StockReserved
)
"""All that inventory may send."""

_MESSAGES: Final[Mapping[type[Sent], Message[Any]]] = {
    sent.CommitRefused: Message(
        type="inventory.commit-refused.v1",
        topic="inventory.reservation-events.v1",
        key="order_id",
        model=sent.CommitRefused,
    ),
    sent.ReservationExpired: Message(
        type="inventory.reservation-expired.v1",
        topic="inventory.reservation-events.v1",
        key="order_id",
        model=sent.ReservationExpired,
    ),
    sent.StockCommitted: Message(
        type="inventory.stock-committed.v1",
        topic="inventory.reservation-events.v1",
        key="order_id",
        model=sent.StockCommitted,
    ),
    sent.StockRefused: Message(
        type="inventory.stock-refused.v1",
        topic="inventory.reservation-events.v1",
        key="order_id",
        model=sent.StockRefused,
    ),
    sent.StockReleased: Message(
        type="inventory.stock-released.v1",
        topic="inventory.reservation-events.v1",
        key="order_id",
        model=sent.StockReleased,
    ),
    sent.StockReserved: Message(
        type="inventory.stock-reserved.v1",
        topic="inventory.reservation-events.v1",
        key="order_id",
        model=sent.StockReserved,
    ),
}


def send(tx: Transaction, event: Sent, cause: Cause | None = None) -> None:
    """Send `event` when the transaction commits, and only then; per key in the order of sending.

    `cause` is what led to it, an event received or a call: its trace is carried on.
    """
    tx.send(_MESSAGES[type(event)], event, cause)


class EventHandlers(ABC):
    """One method for each message that inventory receives; it implements all of them."""

    @abstractmethod
    async def commit_stock(
        self, tx: Transaction, events: Sequence[Event[received.CommitStock]]
    ) -> None:
        """Mark the reserved units as sold."""

    @abstractmethod
    async def release_stock(
        self, tx: Transaction, events: Sequence[Event[received.ReleaseStock]]
    ) -> None:
        """Release all units of the order, reserved or sold."""

    @abstractmethod
    async def reserve_stock(
        self, tx: Transaction, events: Sequence[Event[received.ReserveStock]]
    ) -> None:
        """Reserve units for an order, all of them or none."""


RECEIVED: Final[tuple[Received[Any], ...]] = (
    Received(
        Message(
            type="inventory.commit-stock.v1",
            topic="inventory.commands.v1",
            key="order_id",
            model=received.CommitStock,
        ),
        handler="commit_stock",
    ),
    Received(
        Message(
            type="inventory.release-stock.v1",
            topic="inventory.commands.v1",
            key="order_id",
            model=received.ReleaseStock,
        ),
        handler="release_stock",
    ),
    Received(
        Message(
            type="inventory.reserve-stock.v1",
            topic="inventory.commands.v1",
            key="order_id",
            model=received.ReserveStock,
        ),
        handler="reserve_stock",
    ),
)
"""Which method of the event_handlers handles which message."""

TOPICS: Final[tuple[Topic, ...]] = (
    Topic(name="inventory.commands.v1", partitions=8, retention_hours=168),
    Topic(name="inventory.reservation-events.v1", partitions=8, retention_hours=168),
)
"""The topics that inventory owns."""
