"""Handles the commands that payments receives.

A handler does not call the provider. It stores what is due in the transaction of the event, and a
worker calls the provider after the commit.
"""

from collections.abc import Sequence

from pydantic import MISSING
from typing_extensions import override

from payments.commands.authorize_payments import OrderToPay, authorize_payments
from payments.commands.capture_payments import capture_payments
from payments.commands.reverse_payments import reverse_payments
from payments.contract import events
from payments.contract.received import (
    AuthorizePayment,
    AuthorizeSealedPayment,
    CapturePayment,
    ReversePayment,
)
from payments.domain import OrderAlreadyPaidDifferentlyError
from payments.worker import Worker
from waybill.clock import Clock
from waybill.events import Event, PermanentError
from waybill.postgres import Transaction


class EventHandlers(events.EventHandlers):
    """Runs one use case for each sequence of commands."""

    def __init__(self, clock: Clock, worker: Worker) -> None:
        self._clock = clock
        self._worker = worker

    @override
    async def authorize_payment(
        self, tx: Transaction, events: Sequence[Event[AuthorizePayment]]
    ) -> None:
        await self._authorize(tx, [_order(event, event.data.token) for event in events])

    @override
    async def authorize_sealed_payment(
        self, tx: Transaction, events: Sequence[Event[AuthorizeSealedPayment]]
    ) -> None:
        orders = [
            _order(event, event.data.sealed_token, event.data.customer_ref) for event in events
        ]
        await self._authorize(tx, orders)

    async def _authorize(self, tx: Transaction, wanted: Sequence[OrderToPay]) -> None:
        now = self._clock.now()
        try:
            await authorize_payments(tx, wanted, now, self._worker.claims(tx, now))
        except OrderAlreadyPaidDifferentlyError as error:
            raise PermanentError(str(error)) from error

    @override
    async def capture_payment(
        self, tx: Transaction, events: Sequence[Event[CapturePayment]]
    ) -> None:
        now = self._clock.now()
        commands = [(event.data.order_id, event) for event in events]
        await capture_payments(tx, commands, now, self._worker.claims(tx, now), self._worker.memory)

    @override
    async def reverse_payment(
        self, tx: Transaction, events: Sequence[Event[ReversePayment]]
    ) -> None:
        commands = [(event.data.order_id, event) for event in events]
        now = self._clock.now()
        await reverse_payments(tx, commands, now, self._worker.claims(tx, now))


def _order(
    event: Event[AuthorizePayment] | Event[AuthorizeSealedPayment],
    token: str,
    customer_ref: str | MISSING = MISSING,
) -> OrderToPay:
    return OrderToPay(
        order_id=event.data.order_id,
        customer_ref=None if customer_ref is MISSING else customer_ref,
        amount_minor=event.data.amount.amount_minor,
        currency=event.data.amount.currency,
        sealed_token=token,
        traceparent=event.traceparent,
        actor=event.actor,
    )
