"""The events of payments. Generated; never edited."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from waybill.events import Cause, Event, Message, Received, Topic
from waybill.postgres import Transaction

from payments.contract import received, sent

Sent: TypeAlias = (
    sent.PaymentAuthorized
    | sent.PaymentCaptured
    | sent.PaymentDeclined
    | sent.PaymentRefunded
    | sent.PaymentVoided
)
"""All that payments may send."""

_MESSAGES: Final[Mapping[type[Sent], Message[Any]]] = {
    sent.PaymentAuthorized: Message(
        type="payments.payment-authorized.v1",
        topic="payments.payment-events.v1",
        key="order_id",
        model=sent.PaymentAuthorized,
    ),
    sent.PaymentCaptured: Message(
        type="payments.payment-captured.v1",
        topic="payments.payment-events.v1",
        key="order_id",
        model=sent.PaymentCaptured,
    ),
    sent.PaymentDeclined: Message(
        type="payments.payment-declined.v1",
        topic="payments.payment-events.v1",
        key="order_id",
        model=sent.PaymentDeclined,
    ),
    sent.PaymentRefunded: Message(
        type="payments.payment-refunded.v1",
        topic="payments.payment-events.v1",
        key="order_id",
        model=sent.PaymentRefunded,
    ),
    sent.PaymentVoided: Message(
        type="payments.payment-voided.v1",
        topic="payments.payment-events.v1",
        key="order_id",
        model=sent.PaymentVoided,
    ),
}


def send(tx: Transaction, event: Sent, cause: Cause | None = None) -> None:
    """Send `event` when the transaction commits, and only then; per key in the order of sending.

    `cause` is what led to it, an event received or a call: its trace is carried on.
    """
    tx.send(_MESSAGES[type(event)], event, cause)


class EventHandlers(ABC):
    """One method for each message that payments receives; it implements all of them."""

    @abstractmethod
    async def authorize_payment(
        self, tx: Transaction, events: Sequence[Event[received.AuthorizePayment]]
    ) -> None:
        """The command of earlier releases, with the token in plain text. No service sends it."""

    @abstractmethod
    async def authorize_sealed_payment(
        self, tx: Transaction, events: Sequence[Event[received.AuthorizeSealedPayment]]
    ) -> None:
        """Authorize an amount on the customer's card."""

    @abstractmethod
    async def capture_payment(
        self, tx: Transaction, events: Sequence[Event[received.CapturePayment]]
    ) -> None:
        """Capture the authorized amount."""

    @abstractmethod
    async def reverse_payment(
        self, tx: Transaction, events: Sequence[Event[received.ReversePayment]]
    ) -> None:
        """Void the authorization, or refund the captured amount."""


RECEIVED: Final[tuple[Received[Any], ...]] = (
    Received(
        Message(
            type="payments.authorize-payment.v1",
            topic="payments.commands.v1",
            key="order_id",
            model=received.AuthorizePayment,
        ),
        handler="authorize_payment",
    ),
    Received(
        Message(
            type="payments.authorize-payment.v2",
            topic="payments.commands.v1",
            key="order_id",
            model=received.AuthorizeSealedPayment,
        ),
        handler="authorize_sealed_payment",
    ),
    Received(
        Message(
            type="payments.capture-payment.v1",
            topic="payments.commands.v1",
            key="order_id",
            model=received.CapturePayment,
        ),
        handler="capture_payment",
    ),
    Received(
        Message(
            type="payments.reverse-payment.v1",
            topic="payments.commands.v1",
            key="order_id",
            model=received.ReversePayment,
        ),
        handler="reverse_payment",
    ),
)
"""Which method of the event_handlers handles which message."""

TOPICS: Final[tuple[Topic, ...]] = (
    Topic(name="payments.commands.v1", partitions=8, retention_hours=168),
    Topic(name="payments.payment-events.v1", partitions=8, retention_hours=168),
)
"""The topics that payments owns."""
