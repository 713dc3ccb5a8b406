"""The worker on the real database when calls, workers or the database fail: one charge each."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from payments.contract.models import PaymentStatus
from payments.domain import Operation
from payments.sandbox import (
    TOK_ERROR_ONCE,
    TOK_TIMEOUT_THEN_APPROVED,
    Sandbox,
)
from payments.sandbox_ledger import SandboxLedger
from payments.testing.driver import LEASE, PaymentsDriver, working
from payments.testing.fake_provider import FakeProvider
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import Database
from waybill_toolkit.platform.postgres import PostgresServer

AUTHORIZED = "payment-authorized"
CAPTURED = "payment-captured"
VOIDED = "payment-voided"
REFUNDED = "payment-refunded"


@contextmanager
def watching_log(text: str) -> Iterator[asyncio.Event]:
    """Return an event that is set when the recorder logs this text."""
    logged = asyncio.Event()

    def watch(record: logging.LogRecord) -> bool:
        if text in record.getMessage():
            logged.set()
        return True

    logger = logging.getLogger("payments.recorder")
    logger.addFilter(watch)
    yield logged
    logger.removeFilter(watch)


async def test_charge_is_not_repeated_when_the_worker_crashes_before_it_is_recorded(
    driver: PaymentsDriver, provider: FakeProvider, clock: ManualClock
) -> None:
    order_id = uuid7()
    async with working(driver.worker(provider)):
        await driver.authorize(order_id)
        await driver.wait_until_published(AUTHORIZED, order_id)
    gate = provider.gate(Operation.CAPTURE)
    await driver.capture(order_id)
    async with asyncio.TaskGroup() as group:
        crashing = group.create_task(driver.worker(provider).run(asyncio.Event()))
        await gate.reached.wait()
        crashing.cancel()
    assert (await driver.payment(order_id)).status is PaymentStatus.CAPTURING

    gate.open()
    clock.advance(LEASE)
    async with working(driver.worker(provider)):
        await driver.wait_until_published(CAPTURED, order_id)
    assert provider.calls[1] == provider.calls[2]
    assert len(provider.ledger.done) == 2
    assert (await driver.balances(order_id))["provider_balance"] == 1530


async def test_late_answer_changes_nothing_when_another_worker_took_over(
    driver: PaymentsDriver, provider: FakeProvider, clock: ManualClock
) -> None:
    order_id = uuid7()
    async with working(driver.worker(provider)):
        await driver.authorize(order_id)
        await driver.wait_until_published(AUTHORIZED, order_id)
    slow, quick = FakeProvider(provider.ledger), FakeProvider(provider.ledger)
    gate = slow.gate(Operation.CAPTURE)
    await driver.capture(order_id)
    async with asyncio.TaskGroup() as group:
        stop_claiming = asyncio.Event()
        group.create_task(driver.worker(slow).run(stop_claiming))
        await gate.reached.wait()
        stop_claiming.set()
        clock.advance(LEASE)
        async with working(driver.worker(quick)):
            await driver.wait_until_published(CAPTURED, order_id)
            await driver.reverse(order_id)
            await driver.wait_until_published(REFUNDED, order_id)
        gate.open()
    assert await driver.published(order_id) == [AUTHORIZED, CAPTURED, REFUNDED]
    assert (await driver.balances(order_id))["provider_balance"] == 0


@pytest.mark.parametrize("token", [TOK_TIMEOUT_THEN_APPROVED, TOK_ERROR_ONCE])
async def test_call_is_retried_with_its_key_when_the_outcome_is_unknown(
    real_time_driver: PaymentsDriver, database: Database, token: str
) -> None:
    order_id = uuid7()
    sandbox = Sandbox(SandboxLedger(database), slow_seconds=0)
    async with working(real_time_driver.worker(sandbox)):
        await real_time_driver.authorize(order_id, token=token)
        await real_time_driver.wait_until_published(AUTHORIZED, order_id)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from sandbox.charges") == 1


async def test_call_is_retried_after_a_timeout(
    real_time_driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    gate = provider.gate(Operation.AUTHORIZE)
    worker = real_time_driver.worker(provider, timeout=timedelta(milliseconds=20))
    async with working(worker):
        await real_time_driver.authorize(order_id)
        await gate.reached.wait()
        gate.reached.clear()
        await gate.reached.wait()
        gate.open()
        await real_time_driver.wait_until_published(AUTHORIZED, order_id)
    assert len(provider.ledger.done) == 1


async def test_calls_in_progress_are_recorded_when_the_worker_is_stopped(
    driver: PaymentsDriver, provider: FakeProvider
) -> None:
    orders = [uuid7() for _ in range(20)]
    gate = provider.gate(Operation.AUTHORIZE)
    await driver.authorize(*orders)
    async with working(driver.worker(provider)):
        await gate.reached.wait()
        asyncio.get_running_loop().call_soon(gate.open)
    assert {(await driver.payment(order)).status for order in orders} == {PaymentStatus.AUTHORIZED}


async def test_refused_capture_is_retried_until_it_succeeds(
    real_time_driver: PaymentsDriver, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(real_time_driver.worker(provider)):
        await real_time_driver.authorize(order_id)
        await real_time_driver.wait_until_published(AUTHORIZED, order_id)
        provider.refuses.add(Operation.CAPTURE)
        await real_time_driver.capture(order_id)
        await provider.wait_for_calls(4)
        provider.refuses.clear()
        await real_time_driver.wait_until_published(CAPTURED, order_id)
    assert (await real_time_driver.balances(order_id))["provider_balance"] == 1530


async def test_answer_is_recorded_after_the_database_was_unavailable(
    driver: PaymentsDriver,
    provider: FakeProvider,
    postgres_server: PostgresServer,
) -> None:
    order_id = uuid7()
    gate = provider.gate(Operation.AUTHORIZE)
    async with working(driver.worker(provider)):
        await driver.authorize(order_id)
        await gate.reached.wait()
        with watching_log("cannot record the provider's answers") as failed:
            postgres_server.kill()
            gate.open()
            await failed.wait()
        postgres_server.start()
        await driver.wait_until_sent()
    assert provider.calls == [*provider.ledger.done]


async def test_no_token_is_logged_or_stored_when_calls_fail(
    real_time_driver: PaymentsDriver, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    order_id = uuid7()
    sandbox = Sandbox(SandboxLedger(database), slow_seconds=0)
    caplog.set_level("DEBUG")
    async with working(real_time_driver.worker(sandbox)):
        await real_time_driver.authorize(order_id, token=TOK_ERROR_ONCE)
        await real_time_driver.wait_until_published(AUTHORIZED, order_id)
    assert TOK_ERROR_ONCE not in caplog.text
    assert "retrying the call" in caplog.text
    async with database.connection() as connection:
        assert await connection.fetchval("select sealed_token from payments") is None
    assert TOK_ERROR_ONCE not in (await real_time_driver.payment(order_id)).model_dump_json()
