"""The state machine of a payment: the effect of each command and of each provider response.

Pure: no I/O, no clock. A state ending in -ing waits for one operation of the provider.

    authorizing --approved--> authorized --capture--> capturing --approved--> captured
        |declined                 |reverse                                        |reverse
        v                         v                                               v
     declined                  voiding --approved--> voided       refunding --approved--> refunded

A reverse during `authorizing` or `capturing` is stored in `reverse_wanted` and carried out when the
outcome is known. A payment with the amount 0 is never sent to the provider: each operation succeeds
immediately.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final
from uuid import UUID

from payments.contract.models import DeclineCode
from payments.contract.models import PaymentStatus as Status
from payments.ledger import Entry, capture_posting, refund_posting

NO_CURRENCY: Final = "XXX"
"""ISO 4217's code for "no currency is involved"."""


class Operation(StrEnum):
    """An operation of the provider."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Fact(Enum):
    """A result that is published; each is an event type of the contract."""

    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"


class OrderAlreadyPaidDifferentlyError(Exception):
    """A second authorization for an order has another amount than the first."""


_OPERATIONS: Final = {
    Status.AUTHORIZING: Operation.AUTHORIZE,
    Status.CAPTURING: Operation.CAPTURE,
    Status.VOIDING: Operation.VOID,
    Status.REFUNDING: Operation.REFUND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The payment of one order.

    `attempts` counts the calls of the current operation and is written before each call: 0 means
    that the provider has not been called yet. `due_at` is the time of the next call.
    """

    payment_id: UUID
    order_id: UUID
    customer_ref: str | None = None
    amount_minor: int
    currency: str
    status: Status
    sealed_token: str | None = field(default=None, repr=False)
    decline_code: DeclineCode | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    provider_reference: str | None = None
    reverse_wanted: bool = False
    attempts: int = 0
    due_at: datetime | None = None
    traceparent: str = ""
    """The trace of the last command: its calls and its events belong to it."""
    actor: str | None = None
    """Who caused the last command; the actor of the next event."""

    @property
    def operation(self) -> Operation | None:
        """The operation that the payment waits for, if any."""
        return _OPERATIONS.get(self.status)

    def caused_by(self, traceparent: str, actor: str | None) -> "Payment":
        """Return the payment with the trace and the actor of another command."""
        return replace(self, traceparent=traceparent, actor=actor)


@dataclass(frozen=True, slots=True)
class Step:
    """A new state of a payment, the facts to publish and the entries to post to the ledger."""

    payment: Payment
    facts: tuple[Fact, ...] = ()
    entries: tuple[Entry, ...] = ()


def open_payment(
    *,
    payment_id: UUID,
    order_id: UUID,
    customer_ref: str | None,
    amount_minor: int,
    currency: str,
    sealed_token: str,
    traceparent: str,
    actor: str | None,
    now: datetime,
) -> Step:
    """Create a payment that waits for its authorization."""
    payment = Payment(
        payment_id=payment_id,
        order_id=order_id,
        customer_ref=customer_ref,
        amount_minor=amount_minor,
        currency=currency,
        status=Status.AUTHORIZING,
        sealed_token=sealed_token,
        traceparent=traceparent,
        actor=actor,
    )
    return _begin(payment, Status.AUTHORIZING, now)


def tombstone(*, payment_id: UUID, order_id: UUID, traceparent: str, actor: str | None) -> Payment:
    """Create the payment of an order that was reversed before it was authorized: 0, voided."""
    return Payment(
        payment_id=payment_id,
        order_id=order_id,
        amount_minor=0,
        currency=NO_CURRENCY,
        status=Status.VOIDED,
        traceparent=traceparent,
        actor=actor,
    )


def authorize_again(payment: Payment, amount_minor: int, currency: str) -> Step:
    """Answer an authorization of an order that already has a payment. Never authorizes twice.

    Raises OrderAlreadyPaidDifferentlyError.
    """
    match payment.status:
        case Status.VOIDED:
            return Step(payment, (Fact.VOIDED,))
        case Status.REFUNDED:
            return Step(payment, (Fact.REFUNDED,))
        case Status.DECLINED:
            return Step(payment, (Fact.DECLINED,))
        case Status.VOIDING | Status.REFUNDING:
            return Step(payment)
        case Status.AUTHORIZING | Status.AUTHORIZED | Status.CAPTURING | Status.CAPTURED:
            if (payment.amount_minor, payment.currency) != (amount_minor, currency):
                raise OrderAlreadyPaidDifferentlyError(
                    f"the payment holds {payment.amount_minor} {payment.currency}, "
                    f"the command requests {amount_minor} {currency}"
                )
            known = payment.status is not Status.AUTHORIZING
            return Step(payment, (Fact.AUTHORIZED,) if known else ())


def capture(payment: Payment, now: datetime) -> Step | None:
    """Capture an authorized payment. Returns None if the payment cannot be captured."""
    match payment.status:
        case Status.AUTHORIZED:
            return _begin(payment, Status.CAPTURING, now)
        case Status.CAPTURING:
            return Step(payment)
        case Status.CAPTURED:
            return Step(payment, (Fact.CAPTURED,))
        case (
            Status.AUTHORIZING
            | Status.DECLINED
            | Status.VOIDING
            | Status.VOIDED
            | Status.REFUNDING
            | Status.REFUNDED
        ):
            return None


def reverse(payment: Payment, now: datetime) -> Step:
    """Void an authorized payment, or refund a captured one."""
    match payment.status:
        case Status.AUTHORIZING | Status.CAPTURING:
            return _reverse_in_progress(payment, now)
        case Status.AUTHORIZED:
            return _begin(payment, Status.VOIDING, now)
        case Status.CAPTURED:
            return _begin(payment, Status.REFUNDING, now)
        case Status.VOIDING | Status.REFUNDING:
            return Step(payment)
        case Status.DECLINED | Status.VOIDED:
            return Step(payment, (Fact.VOIDED,))
        case Status.REFUNDED:
            return Step(payment, (Fact.REFUNDED,))


def approve(
    payment: Payment, operation: Operation, reference: str | None, now: datetime
) -> Step | None:
    """Record that the provider approved `operation`; None if the payment does not wait for it."""
    if payment.operation is not operation:
        return None
    return _done(payment, operation, reference, now)


def decline(payment: Payment, code: DeclineCode) -> Step | None:
    """Record a declined authorization; None if the payment does not wait for one."""
    if payment.status is not Status.AUTHORIZING:
        return None
    fact = Fact.VOIDED if payment.reverse_wanted else Fact.DECLINED
    return _settle(replace(payment, decline_code=code), Status.DECLINED, fact)


def call_again(
    payment: Payment, operation: Operation, attempt: int, due_at: datetime
) -> Step | None:
    """Schedule the call after attempt `attempt`; None if another worker has changed the payment."""
    if payment.operation is not operation or payment.attempts != attempt:
        return None
    return Step(replace(payment, due_at=due_at))


def _reverse_in_progress(payment: Payment, now: datetime) -> Step:
    if payment.attempts > 0:
        return Step(replace(payment, reverse_wanted=True))
    if payment.status is Status.AUTHORIZING:
        return _settle(payment, Status.VOIDED, Fact.VOIDED)
    return _begin(payment, Status.VOIDING, now)


def _begin(payment: Payment, status: Status, now: datetime) -> Step:
    """Wait for the provider, unless the amount is 0."""
    operation = _OPERATIONS[status]
    begun = replace(payment, status=status, reverse_wanted=False, attempts=0, due_at=now)
    if begun.amount_minor == 0:
        return _done(begun, operation, None, now)
    return Step(begun)


def _done(payment: Payment, operation: Operation, reference: str | None, now: datetime) -> Step:
    match operation:
        case Operation.AUTHORIZE:
            held = replace(payment, provider_reference=reference)
            if payment.reverse_wanted:
                return _begin(replace(held, sealed_token=None), Status.VOIDING, now)
            return _settle(held, Status.AUTHORIZED, Fact.AUTHORIZED)
        case Operation.CAPTURE:
            taken = replace(payment, captured_minor=payment.amount_minor)
            posting = capture_posting(payment.amount_minor, payment.currency)
            captured = _settle(taken, Status.CAPTURED, Fact.CAPTURED, posting)
            if not payment.reverse_wanted:
                return captured
            return _then(captured, _begin(captured.payment, Status.REFUNDING, now))
        case Operation.VOID:
            return _settle(payment, Status.VOIDED, Fact.VOIDED)
        case Operation.REFUND:
            refunded = replace(payment, refunded_minor=payment.amount_minor)
            posting = refund_posting(payment.amount_minor, payment.currency)
            return _settle(refunded, Status.REFUNDED, Fact.REFUNDED, posting)


def _settle(payment: Payment, status: Status, fact: Fact, entries: tuple[Entry, ...] = ()) -> Step:
    """Enter a state that waits for nothing."""
    settled = replace(
        payment, status=status, sealed_token=None, reverse_wanted=False, attempts=0, due_at=None
    )
    return Step(settled, (fact,), entries)


def _then(first: Step, second: Step) -> Step:
    return Step(second.payment, first.facts + second.facts, first.entries + second.entries)
