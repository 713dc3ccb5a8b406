"""Publishes the facts of a payment as events of the contract."""

from collections.abc import Iterable

from payments.contract import sent
from payments.contract.events import Sent, send
from payments.contract.shared import Money
from payments.domain import Fact, Payment, Step
from waybill.postgres import Transaction


def announce(tx: Transaction, steps: Iterable[Step]) -> None:
    """Write the events of these steps to the outbox, each with trace and actor of its command."""
    for step in steps:
        for fact in step.facts:
            send(tx, _event(step.payment, fact), cause=step.payment)


def _event(payment: Payment, fact: Fact) -> Sent:
    order_id, payment_id = payment.order_id, payment.payment_id
    match fact:
        case Fact.AUTHORIZED:
            amount = _money(payment, payment.amount_minor)
            return sent.PaymentAuthorized(order_id=order_id, payment_id=payment_id, amount=amount)
        case Fact.DECLINED:
            return sent.PaymentDeclined(
                order_id=order_id, payment_id=payment_id, decline_code=_decline_code(payment)
            )
        case Fact.CAPTURED:
            amount = _money(payment, payment.captured_minor)
            return sent.PaymentCaptured(order_id=order_id, payment_id=payment_id, amount=amount)
        case Fact.VOIDED:
            return sent.PaymentVoided(order_id=order_id, payment_id=payment_id)
        case Fact.REFUNDED:
            amount = _money(payment, payment.refunded_minor)
            return sent.PaymentRefunded(order_id=order_id, payment_id=payment_id, amount=amount)


def _money(payment: Payment, amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency=payment.currency)


def _decline_code(payment: Payment) -> sent.DeclineCode:
    if payment.decline_code is None:
        raise ValueError(f"payment {payment.payment_id} was declined without a code")
    return sent.DeclineCode(payment.decline_code.value)
