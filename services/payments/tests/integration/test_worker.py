"""The worker on the real database: results, concurrency and limits."""

from datetime import timedelta

from payments.contract.models import PaymentStatus
from payments.domain import Operation
from payments.provider import Approved, idempotency_key
from payments.sandbox import (
    TOK_DECLINE,
)
from payments.testing.driver import PaymentsDriver, working
from payments.testing.fake_provider import FakeProvider
from waybill.ids import uuid7
from waybill.postgres import Database

AUTHORIZED = "payment-authorized"
CAPTURED = "payment-captured"
VOIDED = "payment-voided"
REFUNDED = "payment-refunded"


async def test_payment_is_captured_once_and_posted(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(driver.worker(provider)):
        await driver.authorize(order_id)
        await driver.wait_until_published(AUTHORIZED, order_id)
        await driver.capture(order_id)
        await driver.wait_until_published(CAPTURED, order_id)
    payment = await driver.payment(order_id)
    assert payment.status is PaymentStatus.CAPTURED
    assert payment.captured.amount_minor == 1530
    assert await driver.balances(order_id) == {"provider_balance": 1530, "customer_payments": -1530}
    assert len(provider.calls) == 2


async def test_declined_is_published_when_the_provider_declines(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(driver.worker(provider)):
        await driver.authorize(order_id, token=TOK_DECLINE)
        await driver.wait_until_published("payment-declined", order_id)
        await driver.reverse(order_id)
    assert (await driver.payment(order_id)).decline_code == "card_declined"
    assert await driver.published(order_id) == ["payment-declined", VOIDED]


async def test_each_call_is_made_once_when_two_workers_share_the_payments(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    orders = [uuid7() for _ in range(200)]
    workers = [driver.worker(provider, calls_max=7) for _ in range(2)]
    async with working(*workers):
        await driver.authorize(*orders)
        await driver.wait_until_published(AUTHORIZED, *orders)
        await driver.capture(*orders)
        await driver.wait_until_published(CAPTURED, *orders)
    assert len(provider.calls) == len(set(provider.calls)) == 400
    assert (await driver.balances(*orders))["provider_balance"] == 200 * 1530


async def test_calls_start_after_the_commit_that_makes_them_due_without_polling(
    driver: PaymentsDriver, provider: FakeProvider, database: Database
) -> None:
    order_id = uuid7()
    worker = driver.worker(provider, poll=timedelta(hours=1))
    driver.use_worker(worker)
    async with working(worker):
        await driver.authorize(order_id)
        await driver.wait_until_published(AUTHORIZED, order_id)
        gate = provider.gate(Operation.CAPTURE)
        await driver.capture(order_id)
        async with database.connection() as connection:
            claimed = await connection.fetchval("select attempts from payments")
        await gate.reached.wait()
        gate.open()
        await driver.wait_until_published(CAPTURED, order_id)
    assert claimed == 1


async def test_calls_beyond_the_limit_are_left_to_another_worker(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    held, left = [uuid7(), uuid7()], [uuid7() for _ in range(3)]
    gate = provider.gate(Operation.AUTHORIZE)
    full = driver.worker(provider, calls_max=2, poll=timedelta(hours=1))
    driver.use_worker(full)
    other = FakeProvider(provider.ledger)
    async with working(full):
        await driver.authorize(*held)
        await provider.wait_for_calls(2)
        async with working(driver.worker(other, poll=timedelta(hours=1))):
            await driver.authorize(*left)
            await driver.wait_until_published(AUTHORIZED, *left)
        gate.open()
        await driver.wait_until_published(AUTHORIZED, *held)
    assert (len(provider.calls), len(other.calls)) == (2, 3)


async def test_slow_call_does_not_delay_others(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    slow, *others = (uuid7() for _ in range(20))
    async with working(driver.worker(provider, calls_max=2)):
        await driver.authorize(slow, *others)
        await driver.wait_until_published(AUTHORIZED, slow, *others)
        gate = provider.gate(Operation.CAPTURE)
        await driver.capture(slow)
        await gate.reached.wait()
        del provider.gates[Operation.CAPTURE]
        await driver.capture(*others)
        await driver.wait_until_published(CAPTURED, *others)
        assert (await driver.payment(slow)).status is PaymentStatus.CAPTURING
        gate.open()
        await driver.wait_until_published(CAPTURED, slow)


async def test_payment_is_voided_when_reverse_arrives_while_the_outcome_is_unknown(
    real_time_driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    gate = provider.gate(Operation.AUTHORIZE)
    async with working(real_time_driver.worker(provider)):
        await real_time_driver.authorize(order_id)
        await gate.reached.wait()
        await real_time_driver.reverse(order_id)
        await real_time_driver.reverse(order_id)
        gate.open()
        await real_time_driver.wait_until_published(VOIDED, order_id)
    assert await real_time_driver.published(order_id) == [VOIDED]
    payment = await real_time_driver.payment(order_id)
    assert isinstance(
        provider.ledger.done[idempotency_key(payment.payment_id, Operation.VOID)], Approved
    )


async def test_payment_is_refunded_when_reverse_arrives_during_the_capture(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(driver.worker(provider)):
        await driver.authorize(order_id)
        await driver.wait_until_published(AUTHORIZED, order_id)
        gate = provider.gate(Operation.CAPTURE)
        await driver.capture(order_id)
        await gate.reached.wait()
        await driver.reverse(order_id)
        gate.open()
        await driver.wait_until_published(REFUNDED, order_id)
    payment = await driver.payment(order_id)
    assert payment.status is PaymentStatus.REFUNDED
    assert payment.captured == payment.refunded
    assert await driver.published(order_id) == [AUTHORIZED, CAPTURED, REFUNDED]
    assert await driver.balances(order_id) == {"provider_balance": 0, "customer_payments": 0}


async def test_answers_are_repeated_when_commands_are_repeated(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(driver.worker(provider)):
        for command, fact in (
            (driver.authorize, AUTHORIZED),
            (driver.capture, CAPTURED),
            (driver.reverse, REFUNDED),
        ):
            await command(order_id)
            await driver.wait_until_published(fact, order_id)
            await command(order_id)
            await command(order_id)
    facts = [fact for fact in (AUTHORIZED, CAPTURED, REFUNDED) for _ in range(3)]
    assert await driver.published(order_id) == facts
    assert len(provider.calls) == 3
