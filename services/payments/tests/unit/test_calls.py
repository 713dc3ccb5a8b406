"""What each way in which a provider may answer, or not answer, means for a payment."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NoReturn

import pytest
from typing_extensions import override

from payments.backoff import Backoff
from payments.calls import Caller
from payments.commands.record_answers import Answer, CallAgain
from payments.contract.models import DeclineCode, PaymentStatus
from payments.domain import Operation, Payment
from payments.provider import (
    Approved,
    Authorization,
    Authorized,
    Declined,
    Hold,
    Pending,
    Provider,
    ProviderRefusedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Settled,
)
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.sealing import Seals

NOW: Final = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NO_KEYS: Final = Seals(Path("/nowhere"))
FIRST, LONGEST = timedelta(seconds=1), timedelta(seconds=60)


class Scripted(Provider):
    """Returns one response, or raises one error, for every call."""

    def __init__(self, answer: Authorized | Exception | None) -> None:
        self._answer = answer
        self.calls: list[tuple[str, str]] = []

    @override
    async def authorize(self, wanted: Authorization, *, idempotency_key: str) -> Authorized:
        self.calls.append((wanted.token, idempotency_key))
        return await self._respond()

    @override
    async def capture(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(hold, idempotency_key)

    @override
    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(hold, idempotency_key)

    @override
    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(hold, idempotency_key)

    async def _settle(self, hold: Hold, idempotency_key: str) -> Settled:
        self.calls.append((hold.reference, idempotency_key))
        answer = await self._respond()
        assert not isinstance(answer, Declined)
        return answer

    async def _respond(self) -> Authorized:
        if isinstance(self._answer, Exception):
            raise self._answer
        return await _never() if self._answer is None else self._answer


async def _never() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError


def payment(status: PaymentStatus, attempts: int = 1) -> Payment:
    return Payment(
        payment_id=uuid7(),
        order_id=uuid7(),
        amount_minor=1530,
        currency="GBP",
        status=status,
        sealed_token="secret" if status is PaymentStatus.AUTHORIZING else None,
        provider_reference=None if status is PaymentStatus.AUTHORIZING else "reference",
        attempts=attempts,
    )


async def answer_to(
    response: Authorized | Exception | None, status: PaymentStatus, attempts: int = 1
) -> Answer:
    caller = Caller(
        Scripted(response),
        ManualClock(NOW),
        NO_KEYS,
        timeout=timedelta(milliseconds=5),
        backoff=Backoff(FIRST, LONGEST),
    )
    operation = payment(status).operation
    assert operation is not None
    return (await caller.call(payment(status, attempts), operation)).answer


@pytest.mark.parametrize("response", [Approved("r"), Declined(DeclineCode.CARD_DECLINED)])
async def test_known_outcome_is_returned(response: Authorized) -> None:
    assert await answer_to(response, PaymentStatus.AUTHORIZING) == response


@pytest.mark.parametrize(
    "response",
    [Pending(), ProviderTimeoutError(), ProviderUnavailableError(), ValueError("a bug"), None],
)
async def test_call_is_retried_with_backoff_when_the_outcome_is_unknown(
    response: Authorized | Exception | None,
) -> None:
    for attempts, delay in ((1, FIRST), (3, FIRST * 4), (100, LONGEST)):
        answer = await answer_to(response, PaymentStatus.AUTHORIZING, attempts)
        assert answer == CallAgain(NOW + delay)


async def test_refused_call_is_logged_as_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await answer_to(ProviderRefusedError("lapsed"), PaymentStatus.CAPTURING)
    assert answer == CallAgain(NOW + LONGEST)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("status", "operation", "given"),
    [
        (PaymentStatus.AUTHORIZING, Operation.AUTHORIZE, "secret"),
        (PaymentStatus.CAPTURING, Operation.CAPTURE, "reference"),
        (PaymentStatus.VOIDING, Operation.VOID, "reference"),
        (PaymentStatus.REFUNDING, Operation.REFUND, "reference"),
    ],
)
async def test_each_operation_has_a_key_of_its_own(
    status: PaymentStatus, operation: Operation, given: str
) -> None:
    provider, waiting = Scripted(Approved("r")), payment(status)
    caller = Caller(
        provider, ManualClock(NOW), NO_KEYS, timeout=FIRST, backoff=Backoff(FIRST, LONGEST)
    )
    await caller.call(waiting, operation)
    await caller.call(waiting, operation)
    assert provider.calls == [(given, f"{waiting.payment_id}:{operation.value}")] * 2


@pytest.mark.parametrize(
    ("attempts", "answer"),
    [(1, Declined(DeclineCode.UNKNOWN_TOKEN)), (2, CallAgain(NOW + LONGEST))],
)
async def test_token_without_its_key_declines_only_a_payment_that_was_never_sent(
    attempts: int, answer: Answer
) -> None:
    provider = Scripted(Approved("hold"))
    caller = Caller(
        provider, ManualClock(NOW), NO_KEYS, timeout=FIRST, backoff=Backoff(FIRST, LONGEST)
    )
    waiting = payment(PaymentStatus.AUTHORIZING, attempts)
    sealed = "sealed.v1.20260101T000000Z.AAAA"
    waiting = replace(waiting, sealed_token=sealed)
    assert (await caller.call(waiting, Operation.AUTHORIZE)).answer == answer
    assert not provider.calls
