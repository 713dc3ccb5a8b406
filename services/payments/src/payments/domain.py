"""A payment: what it can be, and what each command and each answer of the provider makes of it.

Pure: no I/O, no clock. States ending in -ing wait for the provider to carry out one operation.

    authorizing --approved--> authorized --capture--> capturing --approved--> captured
        |declined                 |reverse                                        |reverse
        v                         v                                               v
     declined                  voiding --approved--> voided       refunding --approved--> refunded

A reverse that comes while an outcome is not known (authorizing, capturing) is kept in
`reverse_wanted` and carried out as soon as it is. A payment of nothing never meets the provider:
each operation is done at once.
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
    """What the provider can be asked to do."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Fact(Enum):
    """What can be told about a payment; each is an event type of the contract."""

    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"


class OrderAlreadyPaidDifferentlyError(Exception):
    """A second authorization for an order asks for another amount than the first."""


_OPERATIONS: Final = {
    Status.AUTHORIZING: Operation.AUTHORIZE,
    Status.CAPTURING: Operation.CAPTURE,
    Status.VOIDING: Operation.VOID,
    Status.REFUNDING: Operation.REFUND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The payment of one order.

    `attempts` counts the calls of the operation that is under way, and is written before a call is
    made: 0 means that the provider was not asked yet. `due_at` is when to call next.
    """

    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    status: Status
    token: str | None = field(default=None, repr=False)
    decline_code: DeclineCode | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    provider_reference: str | None = None
    reverse_wanted: bool = False
    attempts: int = 0
    due_at: datetime | None = None
    traceparent: str = ""

    @property
    def operation(self) -> Operation | None:
        """The operation that the provider is to carry out now, if any."""
        return _OPERATIONS.get(self.status)


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a payment, what is told about it, and what is posted to the ledger."""

    payment: Payment
    facts: tuple[Fact, ...] = ()
    entries: tuple[Entry, ...] = ()


def open_payment(
    *,
    payment_id: UUID,
    order_id: UUID,
    amount_minor: int,
    currency: str,
    token: str,
    traceparent: str,
    now: datetime,
) -> Step:
    """Begin with the authorization of a new payment."""
    payment = Payment(
        payment_id=payment_id,
        order_id=order_id,
        amount_minor=amount_minor,
        currency=currency,
        status=Status.AUTHORIZING,
        token=token,
        traceparent=traceparent,
    )
    return _begin(payment, Status.AUTHORIZING, now)


def tombstone(*, payment_id: UUID, order_id: UUID, traceparent: str) -> Payment:
    """Make the payment of an order that was reversed before it was to be paid: nothing, voided."""
    return Payment(
        payment_id=payment_id,
        order_id=order_id,
        amount_minor=0,
        currency=NO_CURRENCY,
        status=Status.VOIDED,
        traceparent=traceparent,
    )


def authorize_again(payment: Payment, amount_minor: int, currency: str) -> Step:
    """Answer an authorization of an order whose payment exists; never authorizes twice.

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
                    f"{payment.amount_minor} {payment.currency} is or will be held, "
                    f"{amount_minor} {currency} is asked for"
                )
            known = payment.status is not Status.AUTHORIZING
            return Step(payment, (Fact.AUTHORIZED,) if known else ())


def capture(payment: Payment, now: datetime) -> Step | None:
    """Take what is held; None when nothing is, so that nothing can be taken."""
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
    """Let go of what is held, or give back what was taken: the least that undoes the payment."""
    match payment.status:
        case Status.AUTHORIZING | Status.CAPTURING:
            return _reverse_under_way(payment, now)
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
    """Record that the provider did `operation`; None when that is no longer waited for."""
    if payment.operation is not operation:
        return None
    return _done(payment, operation, reference, now)


def decline(payment: Payment, code: DeclineCode) -> Step | None:
    """Record that the provider declined to authorize; None when that is no longer waited for."""
    if payment.status is not Status.AUTHORIZING:
        return None
    fact = Fact.VOIDED if payment.reverse_wanted else Fact.DECLINED
    return _settle(replace(payment, decline_code=code), Status.DECLINED, fact)


def call_again(
    payment: Payment, operation: Operation, attempt: int, due_at: datetime
) -> Step | None:
    """Plan the next call after attempt number `attempt`; None when somebody else made that plan."""
    if payment.operation is not operation or payment.attempts != attempt:
        return None
    return Step(replace(payment, due_at=due_at))


def _reverse_under_way(payment: Payment, now: datetime) -> Step:
    if payment.attempts > 0:
        return Step(replace(payment, reverse_wanted=True))
    if payment.status is Status.AUTHORIZING:
        return _settle(payment, Status.VOIDED, Fact.VOIDED)
    return _begin(payment, Status.VOIDING, now)


def _begin(payment: Payment, status: Status, now: datetime) -> Step:
    """Wait for the provider from now on, unless there is no money to move."""
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
                return _begin(replace(held, token=None), Status.VOIDING, now)
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
    """Wait for nothing any more."""
    settled = replace(
        payment, status=status, token=None, reverse_wanted=False, attempts=0, due_at=None
    )
    return Step(settled, (fact,), entries)


def _then(first: Step, second: Step) -> Step:
    return Step(second.payment, first.facts + second.facts, first.entries + second.entries)
