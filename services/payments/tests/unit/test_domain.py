"""Every state of a payment with every command and every provider response."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import pytest

from payments.contract.models import DeclineCode
from payments.contract.models import PaymentStatus as S
from payments.domain import (
    NO_CURRENCY,
    Fact,
    Operation,
    OrderAlreadyPaidDifferentlyError,
    Payment,
    Step,
    approve,
    authorize_again,
    call_again,
    capture,
    decline,
    open_payment,
    reverse,
    tombstone,
)

NOW: Final = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BEFORE: Final = NOW - timedelta(minutes=1)
PAYMENT_ID: Final = UUID("019ab2d4-0002-7c1a-9a3b-5d0c6f8e2b41")
ORDER_ID: Final = UUID("019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41")

Facts: TypeAlias = tuple[Fact, ...]

WAITING: Final = {
    S.AUTHORIZING: Operation.AUTHORIZE,
    S.CAPTURING: Operation.CAPTURE,
    S.VOIDING: Operation.VOID,
    S.REFUNDING: Operation.REFUND,
}


def payment(
    status: S, *, called: bool = True, reverse_wanted: bool = False, amount_minor: int = 1530
) -> Payment:
    """A payment in that state; `called` says whether the provider was called once."""
    waiting = status in WAITING
    captured = status in (S.CAPTURED, S.REFUNDING, S.REFUNDED)
    return Payment(
        payment_id=PAYMENT_ID,
        order_id=ORDER_ID,
        amount_minor=amount_minor,
        currency="GBP",
        status=status,
        sealed_token="tok_approve" if status is S.AUTHORIZING else None,
        decline_code=DeclineCode.CARD_DECLINED if status is S.DECLINED else None,
        captured_minor=amount_minor if captured else 0,
        refunded_minor=amount_minor if status is S.REFUNDED else 0,
        provider_reference=None if status in (S.AUTHORIZING, S.DECLINED) else "ref",
        reverse_wanted=reverse_wanted,
        attempts=1 if waiting and called else 0,
        due_at=BEFORE if waiting else None,
    )


def summary(step: Step | None) -> tuple[S, Facts] | None:
    return None if step is None else (S(step.payment.status), step.facts)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (S.AUTHORIZING, (S.AUTHORIZING, ())),
        (S.AUTHORIZED, (S.AUTHORIZED, (Fact.AUTHORIZED,))),
        (S.DECLINED, (S.DECLINED, (Fact.DECLINED,))),
        (S.CAPTURING, (S.CAPTURING, (Fact.AUTHORIZED,))),
        (S.CAPTURED, (S.CAPTURED, (Fact.AUTHORIZED,))),
        (S.VOIDING, (S.VOIDING, ())),
        (S.VOIDED, (S.VOIDED, (Fact.VOIDED,))),
        (S.REFUNDING, (S.REFUNDING, ())),
        (S.REFUNDED, (S.REFUNDED, (Fact.REFUNDED,))),
    ],
)
def test_repeated_authorization_repeats_the_answer(status: S, expected: tuple[S, Facts]) -> None:
    assert summary(authorize_again(payment(status), 1530, "GBP")) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (S.AUTHORIZING, None),
        (S.AUTHORIZED, (S.CAPTURING, ())),
        (S.DECLINED, None),
        (S.CAPTURING, (S.CAPTURING, ())),
        (S.CAPTURED, (S.CAPTURED, (Fact.CAPTURED,))),
        (S.VOIDING, None),
        (S.VOIDED, None),
        (S.REFUNDING, None),
        (S.REFUNDED, None),
    ],
)
def test_capture_requires_an_authorized_payment(
    status: S, expected: tuple[S, Facts] | None
) -> None:
    assert summary(capture(payment(status), NOW)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (S.AUTHORIZING, (S.AUTHORIZING, ())),
        (S.AUTHORIZED, (S.VOIDING, ())),
        (S.DECLINED, (S.DECLINED, (Fact.VOIDED,))),
        (S.CAPTURING, (S.CAPTURING, ())),
        (S.CAPTURED, (S.REFUNDING, ())),
        (S.VOIDING, (S.VOIDING, ())),
        (S.VOIDED, (S.VOIDED, (Fact.VOIDED,))),
        (S.REFUNDING, (S.REFUNDING, ())),
        (S.REFUNDED, (S.REFUNDED, (Fact.REFUNDED,))),
    ],
)
def test_reverse_voids_or_refunds(status: S, expected: tuple[S, Facts]) -> None:
    step = reverse(payment(status), NOW)
    assert summary(step) == expected
    assert step.payment.reverse_wanted == (status in (S.AUTHORIZING, S.CAPTURING))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (S.AUTHORIZING, (S.VOIDED, (Fact.VOIDED,))),
        (S.CAPTURING, (S.VOIDING, ())),
    ],
)
def test_reverse_skips_a_call_that_was_not_made(status: S, expected: tuple[S, Facts]) -> None:
    assert summary(reverse(payment(status, called=False), NOW)) == expected


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("status", S)
def test_approval_changes_only_a_payment_that_waits_for_it(status: S, operation: Operation) -> None:
    after = {
        Operation.AUTHORIZE: (S.AUTHORIZED, (Fact.AUTHORIZED,)),
        Operation.CAPTURE: (S.CAPTURED, (Fact.CAPTURED,)),
        Operation.VOID: (S.VOIDED, (Fact.VOIDED,)),
        Operation.REFUND: (S.REFUNDED, (Fact.REFUNDED,)),
    }
    expected = after[operation] if WAITING.get(status) is operation else None
    assert summary(approve(payment(status), operation, "new", NOW)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (S.AUTHORIZING, (S.VOIDING, ())),
        (S.CAPTURING, (S.REFUNDING, (Fact.CAPTURED,))),
    ],
)
def test_approval_is_reversed_when_reverse_is_wanted(status: S, expected: tuple[S, Facts]) -> None:
    waiting = payment(status, reverse_wanted=True)
    step = approve(waiting, WAITING[status], "new", NOW)
    assert summary(step) == expected
    assert step is not None
    assert (step.payment.due_at, step.payment.attempts) == (NOW, 0)
    assert not step.payment.reverse_wanted


@pytest.mark.parametrize("status", S)
def test_decline_ends_only_an_authorization(status: S) -> None:
    expected = (S.DECLINED, (Fact.DECLINED,)) if status is S.AUTHORIZING else None
    assert summary(decline(payment(status), DeclineCode.CARD_DECLINED)) == expected


def test_declined_is_published_as_voided_when_reverse_is_wanted() -> None:
    waiting = payment(S.AUTHORIZING, reverse_wanted=True)
    step = decline(waiting, DeclineCode.CARD_DECLINED)
    assert summary(step) == (S.DECLINED, (Fact.VOIDED,))


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("status", S)
def test_retry_is_scheduled_only_for_the_expected_operation(
    status: S, operation: Operation
) -> None:
    step = call_again(payment(status), operation, 1, NOW)
    if WAITING.get(status) is operation:
        assert step == Step(replace(payment(status), due_at=NOW))
    else:
        assert step is None


def test_retry_is_not_scheduled_when_another_attempt_has_started() -> None:
    assert call_again(payment(S.CAPTURING), Operation.CAPTURE, 0, NOW) is None


@pytest.mark.parametrize("status", S)
def test_no_call_is_due_and_no_token_is_stored_in_a_final_state(status: S) -> None:
    for step in _steps_from(status):
        waits = step.payment.status in WAITING
        assert (step.payment.due_at is not None) == waits
        assert (step.payment.sealed_token is not None) == (step.payment.status is S.AUTHORIZING)


@pytest.mark.parametrize("status", S)
def test_every_posting_sums_to_zero_and_matches_the_payment(status: S) -> None:
    before = payment(status)
    for step in _steps_from(status):
        after = step.payment
        assert sum(entry.amount_minor for entry in step.entries) == 0
        received = sum(e.amount_minor for e in step.entries if e.account == "provider_balance")
        balance_before = before.captured_minor - before.refunded_minor
        assert after.captured_minor - after.refunded_minor == balance_before + received


def test_second_authorization_is_refused_when_its_amount_differs() -> None:
    with pytest.raises(OrderAlreadyPaidDifferentlyError):
        authorize_again(payment(S.AUTHORIZED), 1531, "GBP")
    with pytest.raises(OrderAlreadyPaidDifferentlyError):
        authorize_again(payment(S.AUTHORIZED), 1530, "EUR")


def test_late_authorization_holds_nothing_when_its_order_was_reversed() -> None:
    reversed_before = tombstone(
        payment_id=PAYMENT_ID, order_id=ORDER_ID, traceparent="", actor=None
    )
    assert (reversed_before.amount_minor, reversed_before.currency) == (0, NO_CURRENCY)
    assert summary(authorize_again(reversed_before, 1530, "GBP")) == (S.VOIDED, (Fact.VOIDED,))


def test_payment_of_zero_does_not_call_the_provider() -> None:
    opened = open_payment(
        payment_id=PAYMENT_ID,
        order_id=ORDER_ID,
        customer_ref="alice",
        amount_minor=0,
        currency="GBP",
        sealed_token="sealed",  # noqa: S106 (a test token)
        traceparent="",
        actor=None,
        now=NOW,
    )
    assert summary(opened) == (S.AUTHORIZED, (Fact.AUTHORIZED,))
    captured = capture(opened.payment, NOW)
    assert captured is not None
    assert summary(captured) == (S.CAPTURED, (Fact.CAPTURED,))
    refunded = reverse(captured.payment, NOW)
    assert summary(refunded) == (S.REFUNDED, (Fact.REFUNDED,))
    assert summary(reverse(opened.payment, NOW)) == (S.VOIDED, (Fact.VOIDED,))
    assert captured.entries == refunded.entries == ()


def test_token_is_not_in_the_repr_of_a_payment() -> None:
    assert "tok_approve" not in repr(payment(S.AUTHORIZING))


def _steps_from(status: S) -> list[Step]:
    """All steps that are possible from that state."""
    found: list[Step | None] = []
    for wanted in {False, status in (S.AUTHORIZING, S.CAPTURING)}:
        for called in (False, True):
            before = payment(status, called=called, reverse_wanted=wanted and called)
            found += [
                authorize_again(before, 1530, "GBP"),
                capture(before, NOW),
                reverse(before, NOW),
                decline(before, DeclineCode.CARD_DECLINED),
                *(approve(before, operation, "new", NOW) for operation in Operation),
            ]
    return [step for step in found if step is not None]
