"""The events of orders. Generated; never edited."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from waybill.events import Cause, Event, Message, Received, Topic
from waybill.postgres import Transaction

from orders.contract import received, sent

Sent: TypeAlias = (
    sent.AuthorizeSealedPayment
    | sent.CapturePayment
    | sent.CommitStock
    | sent.OrderCancelled
    | sent.OrderConfirmed
    | sent.OrderPlaced
    | sent.OrderRejected
    | sent.ReleaseStock
    | sent.ReserveStock
    | sent.ReversePayment
)
"""All that orders may send."""

_MESSAGES: Final[Mapping[type[Sent], Message[Any]]] = {
    sent.AuthorizeSealedPayment: Message(
        type="payments.authorize-payment.v2",
        topic="payments.commands.v1",
        key="order_id",
        model=sent.AuthorizeSealedPayment,
    ),
    sent.CapturePayment: Message(
        type="payments.capture-payment.v1",
        topic="payments.commands.v1",
        key="order_id",
        model=sent.CapturePayment,
    ),
    sent.CommitStock: Message(
        type="inventory.commit-stock.v1",
        topic="inventory.commands.v1",
        key="order_id",
        model=sent.CommitStock,
    ),
    sent.OrderCancelled: Message(
        type="orders.order-cancelled.v1",
        topic="orders.order-events.v1",
        key="order_id",
        model=sent.OrderCancelled,
    ),
    sent.OrderConfirmed: Message(
        type="orders.order-confirmed.v1",
        topic="orders.order-events.v1",
        key="order_id",
        model=sent.OrderConfirmed,
    ),
    sent.OrderPlaced: Message(
        type="orders.order-placed.v1",
        topic="orders.order-events.v1",
        key="order_id",
        model=sent.OrderPlaced,
    ),
    sent.OrderRejected: Message(
        type="orders.order-rejected.v1",
        topic="orders.order-events.v1",
        key="order_id",
        model=sent.OrderRejected,
    ),
    sent.ReleaseStock: Message(
        type="inventory.release-stock.v1",
        topic="inventory.commands.v1",
        key="order_id",
        model=sent.ReleaseStock,
    ),
    sent.ReserveStock: Message(
        type="inventory.reserve-stock.v1",
        topic="inventory.commands.v1",
        key="order_id",
        model=sent.ReserveStock,
    ),
    sent.ReversePayment: Message(
        type="payments.reverse-payment.v1",
        topic="payments.commands.v1",
        key="order_id",
        model=sent.ReversePayment,
    ),
}


def send(tx: Transaction, event: Sent, cause: Cause | None = None) -> None:
    """Send `event` when the transaction commits, and only then; per key in the order of sending.

    `cause` is what led to it, an event received or a call: its trace is carried on.
    """
    tx.send(_MESSAGES[type(event)], event, cause)


class EventHandlers(ABC):
    """One method for each message that orders receives; it implements all of them."""

    @abstractmethod
    async def commit_refused(
        self, tx: Transaction, events: Sequence[Event[received.CommitRefused]]
    ) -> None:
        """The reservation is no longer active, so nothing is sold."""

    @abstractmethod
    async def payment_authorized(
        self, tx: Transaction, events: Sequence[Event[received.PaymentAuthorized]]
    ) -> None:
        """The amount is authorized."""

    @abstractmethod
    async def payment_captured(
        self, tx: Transaction, events: Sequence[Event[received.PaymentCaptured]]
    ) -> None:
        """The amount is captured."""

    @abstractmethod
    async def payment_declined(
        self, tx: Transaction, events: Sequence[Event[received.PaymentDeclined]]
    ) -> None:
        """The provider declined the authorization."""

    @abstractmethod
    async def payment_refunded(
        self, tx: Transaction, events: Sequence[Event[received.PaymentRefunded]]
    ) -> None:
        """The captured amount is refunded."""

    @abstractmethod
    async def payment_voided(
        self, tx: Transaction, events: Sequence[Event[received.PaymentVoided]]
    ) -> None:
        """The authorization is voided; nothing was captured."""

    @abstractmethod
    async def price_changed(
        self, tx: Transaction, events: Sequence[Event[received.PriceChanged]]
    ) -> None:
        """The prices of a variant have changed."""

    @abstractmethod
    async def stock_committed(
        self, tx: Transaction, events: Sequence[Event[received.StockCommitted]]
    ) -> None:
        """The units are sold."""

    @abstractmethod
    async def stock_refused(
        self, tx: Transaction, events: Sequence[Event[received.StockRefused]]
    ) -> None:
        """At least one SKU has too few units on hand; nothing is reserved."""

    @abstractmethod
    async def stock_released(
        self, tx: Transaction, events: Sequence[Event[received.StockReleased]]
    ) -> None:
        """The order has no units any more."""

    @abstractmethod
    async def stock_reserved(
        self, tx: Transaction, events: Sequence[Event[received.StockReserved]]
    ) -> None:
        """All units are reserved."""

    @abstractmethod
    async def variant_added(
        self, tx: Transaction, events: Sequence[Event[received.VariantAdded]]
    ) -> None:
        """A variant was added."""


RECEIVED: Final[tuple[Received[Any], ...]] = (
    Received(
        Message(
            type="inventory.commit-refused.v1",
            topic="inventory.reservation-events.v1",
            key="order_id",
            model=received.CommitRefused,
        ),
        handler="commit_refused",
        source="inventory",
    ),
    Received(
        Message(
            type="payments.payment-authorized.v1",
            topic="payments.payment-events.v1",
            key="order_id",
            model=received.PaymentAuthorized,
        ),
        handler="payment_authorized",
        source="payments",
    ),
    Received(
        Message(
            type="payments.payment-captured.v1",
            topic="payments.payment-events.v1",
            key="order_id",
            model=received.PaymentCaptured,
        ),
        handler="payment_captured",
        source="payments",
    ),
    Received(
        Message(
            type="payments.payment-declined.v1",
            topic="payments.payment-events.v1",
            key="order_id",
            model=received.PaymentDeclined,
        ),
        handler="payment_declined",
        source="payments",
    ),
    Received(
        Message(
            type="payments.payment-refunded.v1",
            topic="payments.payment-events.v1",
            key="order_id",
            model=received.PaymentRefunded,
        ),
        handler="payment_refunded",
        source="payments",
    ),
    Received(
        Message(
            type="payments.payment-voided.v1",
            topic="payments.payment-events.v1",
            key="order_id",
            model=received.PaymentVoided,
        ),
        handler="payment_voided",
        source="payments",
    ),
    Received(
        Message(
            type="catalog.price-changed.v1",
            topic="catalog.variant-events.v1",
            key="sku",
            model=received.PriceChanged,
        ),
        handler="price_changed",
        source="catalog",
    ),
    Received(
        Message(
            type="inventory.stock-committed.v1",
            topic="inventory.reservation-events.v1",
            key="order_id",
            model=received.StockCommitted,
        ),
        handler="stock_committed",
        source="inventory",
    ),
    Received(
        Message(
            type="inventory.stock-refused.v1",
            topic="inventory.reservation-events.v1",
            key="order_id",
            model=received.StockRefused,
        ),
        handler="stock_refused",
        source="inventory",
    ),
    Received(
        Message(
            type="inventory.stock-released.v1",
            topic="inventory.reservation-events.v1",
            key="order_id",
            model=received.StockReleased,
        ),
        handler="stock_released",
        source="inventory",
    ),
    Received(
        Message(
            type="inventory.stock-reserved.v1",
            topic="inventory.reservation-events.v1",
            key="order_id",
            model=received.StockReserved,
        ),
        handler="stock_reserved",
        source="inventory",
    ),
    Received(
        Message(
            type="catalog.variant-added.v1",
            topic="catalog.variant-events.v1",
            key="sku",
            model=received.VariantAdded,
        ),
        handler="variant_added",
        source="catalog",
    ),
)
"""Which method of the event_handlers handles which message."""

TOPICS: Final[tuple[Topic, ...]] = (
    Topic(name="orders.order-events.v1", partitions=8, retention_hours=168),
)
"""The topics that orders owns."""
