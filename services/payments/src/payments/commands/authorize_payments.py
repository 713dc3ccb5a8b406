"""Create payments. The worker authorizes them later."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from payments import store
from payments.claims import Claims
from payments.domain import Step, authorize_again, open_payment
from waybill.ids import uuid7
from waybill.postgres import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderToPay:
    """An order and the amount to authorize for it."""

    order_id: UUID
    customer_ref: str | None
    amount_minor: int
    currency: str
    sealed_token: str = field(repr=False)
    traceparent: str
    actor: str | None = None


async def authorize_payments(
    tx: Transaction, wanted: Sequence[OrderToPay], now: datetime, claims: Claims
) -> None:
    """Create a payment for each order that has none; repeat the answer for each that has one.

    Raises OrderAlreadyPaidDifferentlyError.
    """
    steps = [_open(order, now) for order in wanted]
    opened = await store.insert_opened(tx, steps, now, claims)
    again = _without_first(wanted, opened)
    if again:
        await _answer_again(tx, again, now, claims)


def _open(order: OrderToPay, now: datetime) -> Step:
    return open_payment(
        payment_id=uuid7(),
        order_id=order.order_id,
        customer_ref=order.customer_ref,
        amount_minor=order.amount_minor,
        currency=order.currency,
        sealed_token=order.sealed_token,
        traceparent=order.traceparent,
        actor=order.actor,
        now=now,
    )


def _without_first(wanted: Sequence[OrderToPay], opened: set[UUID]) -> list[OrderToPay]:
    """Remove the command that created a payment; keep further ones for the same order."""
    rest: list[OrderToPay] = []
    for order in wanted:
        if order.order_id in opened:
            opened.discard(order.order_id)
        else:
            rest.append(order)
    return rest


async def _answer_again(
    tx: Transaction, again: Sequence[OrderToPay], now: datetime, claims: Claims
) -> None:
    payments = await store.lock_by_order(tx, [order.order_id for order in again])
    steps = [
        authorize_again(
            replace(payments[order.order_id], actor=order.actor), order.amount_minor, order.currency
        )
        for order in again
    ]
    await store.save(tx, payments.values(), steps, now, claims)
