"""The conformance suite of providers, run on the fake and on the sandbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio

from payments.contract.models import DeclineCode
from payments.domain import Operation
from payments.provider import (
    Approved,
    Authorization,
    Declined,
    Hold,
    Provider,
    ProviderRefusedError,
    ProviderTimeoutError,
    idempotency_key,
)
from payments.sandbox import TOK_APPROVE, TOK_DECLINE, TOK_TIMEOUT_THEN_APPROVED, Sandbox
from payments.sandbox_ledger import SandboxLedger
from payments.testing.fake_provider import FakeProvider
from waybill.ids import uuid7
from waybill.postgres import Database


@dataclass(frozen=True)
class Subject:
    """A provider, and the number of operations that it carried out for a payment."""

    provider: Provider
    count_done: Callable[[UUID], Awaitable[int]]

    async def authorize(self, wanted: Authorization) -> Approved | Declined:
        key = idempotency_key(wanted.payment_id, Operation.AUTHORIZE)
        answer = await self.provider.authorize(wanted, idempotency_key=key)
        assert isinstance(answer, Approved | Declined)
        return answer

    async def hold(self, wanted: Authorization) -> Hold:
        answer = await self.authorize(wanted)
        assert isinstance(answer, Approved)
        return Hold(
            payment_id=wanted.payment_id,
            amount_minor=wanted.amount_minor,
            currency=wanted.currency,
            reference=answer.reference,
        )

    async def settle(self, operation: Operation, hold: Hold) -> Approved:
        calls = {
            Operation.CAPTURE: self.provider.capture,
            Operation.VOID: self.provider.void,
            Operation.REFUND: self.provider.refund,
        }
        key = idempotency_key(hold.payment_id, operation)
        answer = await calls[operation](hold, idempotency_key=key)
        assert isinstance(answer, Approved)
        return answer


def wanted(token: str = TOK_APPROVE) -> Authorization:
    return Authorization(payment_id=uuid7(), amount_minor=1530, currency="GBP", token=token)


@pytest.fixture
def migrated_url(migrated_module_url: str) -> str:
    """One database for all tests of this module: each test uses its own payments."""
    return migrated_module_url


@pytest_asyncio.fixture(params=["fake", "sandbox"])
async def subject(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Subject]:
    if request.param == "fake":
        fake = FakeProvider()

        async def count_in_memory(payment_id: UUID) -> int:
            return sum(key.startswith(str(payment_id)) for key in fake.ledger.done)

        yield Subject(fake, count_in_memory)
    else:

        async def count_in_database(payment_id: UUID) -> int:
            sql = "select count(*) from sandbox.charges where payment_id = $1"
            async with database.connection() as connection:
                return int(await connection.fetchval(sql, payment_id))

        yield Subject(Sandbox(SandboxLedger(database), slow_seconds=0), count_in_database)


async def test_retry_with_the_same_key_gets_the_same_response(subject: Subject) -> None:
    order = wanted()
    first = await subject.authorize(order)
    assert isinstance(first, Approved)
    assert await subject.authorize(order) == first
    hold = await subject.hold(order)
    for operation in (Operation.CAPTURE, Operation.REFUND):
        settled = await subject.settle(operation, hold)
        assert await subject.settle(operation, hold) == settled
    assert await subject.count_done(order.payment_id) == 3


async def test_declined_stays_declined_on_a_retry(subject: Subject) -> None:
    order = wanted(TOK_DECLINE)
    declined = Declined(DeclineCode.CARD_DECLINED)
    assert [await subject.authorize(order) for _ in range(2)] == [declined, declined]


async def test_concurrent_calls_with_one_key_make_one_charge(subject: Subject) -> None:
    hold = await subject.hold(wanted())
    answers = await asyncio.gather(*(subject.settle(Operation.CAPTURE, hold) for _ in range(20)))
    assert len(set(answers)) == 1
    assert await subject.count_done(hold.payment_id) == 2


async def test_concurrent_calls_get_their_own_responses(subject: Subject) -> None:
    orders = [wanted(TOK_DECLINE if number % 3 == 0 else TOK_APPROVE) for number in range(60)]
    answers = await asyncio.gather(*map(subject.authorize, orders))
    declined = [isinstance(answer, Declined) for answer in answers]
    assert declined == [number % 3 == 0 for number in range(60)]
    references = {answer.reference for answer in answers if isinstance(answer, Approved)}
    assert len(references) == 40


async def test_retry_finds_the_charge_when_the_first_response_was_lost(subject: Subject) -> None:
    order = wanted(TOK_TIMEOUT_THEN_APPROVED)
    with pytest.raises(ProviderTimeoutError):
        await subject.authorize(order)
    assert await subject.count_done(order.payment_id) == 1
    assert isinstance(await subject.authorize(order), Approved)
    assert await subject.count_done(order.payment_id) == 1


async def test_void_can_be_retried(subject: Subject) -> None:
    hold = await subject.hold(wanted())
    assert await subject.settle(Operation.VOID, hold) == await subject.settle(Operation.VOID, hold)


@pytest.mark.parametrize("operation", [Operation.CAPTURE, Operation.VOID])
async def test_capture_and_void_are_refused_without_an_authorization(
    subject: Subject, operation: Operation
) -> None:
    declined = wanted(TOK_DECLINE)
    await subject.authorize(declined)
    for payment_id in (uuid7(), declined.payment_id):
        hold = Hold(payment_id=payment_id, amount_minor=1530, currency="GBP", reference="x")
        with pytest.raises(ProviderRefusedError):
            await subject.settle(operation, hold)
    assert await subject.count_done(declined.payment_id) == 1


async def test_refund_is_refused_without_a_capture(subject: Subject) -> None:
    hold = await subject.hold(wanted())
    with pytest.raises(ProviderRefusedError):
        await subject.settle(Operation.REFUND, hold)
