"""Handles the events that orders receives: price changes, and replies for its sagas."""

from collections.abc import Sequence

from typing_extensions import override

from orders.commands.sync_prices import sync_prices
from orders.contract import events, received
from waybill.events import Event
from waybill.postgres import Transaction
from waybill.saga import Sagas


class EventHandlers(events.EventHandlers):
    """Copies prices, and passes every reply of another service to the saga engine."""

    def __init__(self, sagas: Sagas) -> None:
        self._sagas = sagas

    @override
    async def variant_added(
        self, tx: Transaction, events: Sequence[Event[received.VariantAdded]]
    ) -> None:
        await sync_prices(tx, (event.data for event in events))

    @override
    async def price_changed(
        self, tx: Transaction, events: Sequence[Event[received.PriceChanged]]
    ) -> None:
        await sync_prices(tx, (event.data for event in events))

    @override
    async def stock_reserved(
        self, tx: Transaction, events: Sequence[Event[received.StockReserved]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def stock_refused(
        self, tx: Transaction, events: Sequence[Event[received.StockRefused]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def stock_committed(
        self, tx: Transaction, events: Sequence[Event[received.StockCommitted]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def commit_refused(
        self, tx: Transaction, events: Sequence[Event[received.CommitRefused]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def stock_released(
        self, tx: Transaction, events: Sequence[Event[received.StockReleased]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def payment_authorized(
        self, tx: Transaction, events: Sequence[Event[received.PaymentAuthorized]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def payment_declined(
        self, tx: Transaction, events: Sequence[Event[received.PaymentDeclined]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def payment_captured(
        self, tx: Transaction, events: Sequence[Event[received.PaymentCaptured]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def payment_voided(
        self, tx: Transaction, events: Sequence[Event[received.PaymentVoided]]
    ) -> None:
        self._sagas.receive(tx, events)

    @override
    async def payment_refunded(
        self, tx: Transaction, events: Sequence[Event[received.PaymentRefunded]]
    ) -> None:
        self._sagas.receive(tx, events)
