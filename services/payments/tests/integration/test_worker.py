"""The worker on the real database: each charge once, whatever happens on the way."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from payments.contract.models import PaymentStatus
from payments.domain import Operation
from payments.provider import Approved, idempotency_key
from payments.sandbox import (
    TOK_DECLINE,
    TOK_ERROR_ONCE,
    TOK_TIMEOUT_THEN_APPROVED,
    Sandbox,
)
from payments.sandbox_ledger import Books
from payments.testing import LEASE, Desk, FakeProvider, working
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
    """Give an event that is set when something like this is logged by the worker."""
    logged = asyncio.Event()

    def watch(record: logging.LogRecord) -> bool:
        if text in record.getMessage():
            logged.set()
        return True

    logger = logging.getLogger("payments.worker")
    logger.addFilter(watch)
    yield logged
    logger.removeFilter(watch)


async def test_money_is_taken_once_and_posted_when_all_goes_well(
    desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(desk.worker(provider)):
        await desk.authorize(order_id)
        await desk.until_told(AUTHORIZED, order_id)
        await desk.capture(order_id)
        await desk.until_told(CAPTURED, order_id)
    payment = await desk.payment(order_id)
    assert payment.status is PaymentStatus.CAPTURED
    assert payment.captured.amount_minor == 1530
    assert await desk.balances(order_id) == {"provider_balance": 1530, "customer_payments": -1530}
    assert len(provider.calls) == 2


async def test_declined_is_told_when_the_provider_declines(
    desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(desk.worker(provider)):
        await desk.authorize(order_id, token=TOK_DECLINE)
        await desk.until_told("payment-declined", order_id)
        await desk.reverse(order_id)
    assert (await desk.payment(order_id)).decline_code == "card_declined"
    assert await desk.told(order_id) == ["payment-declined", VOIDED]


async def test_charge_is_not_made_again_when_the_worker_dies_before_it_is_recorded(
    desk: Desk, provider: FakeProvider, clock: ManualClock
) -> None:
    order_id = uuid7()
    async with working(desk.worker(provider)):
        await desk.authorize(order_id)
        await desk.until_told(AUTHORIZED, order_id)
    gate = provider.gate(Operation.CAPTURE)
    await desk.capture(order_id)
    async with asyncio.TaskGroup() as group:
        dying = group.create_task(desk.worker(provider).run(asyncio.Event()))
        await gate.reached.wait()
        dying.cancel()
    assert (await desk.payment(order_id)).status is PaymentStatus.CAPTURING

    gate.open()
    clock.advance(LEASE)
    async with working(desk.worker(provider)):
        await desk.until_told(CAPTURED, order_id)
    assert provider.calls[1] == provider.calls[2]
    assert len(provider.books.done) == 2
    assert (await desk.balances(order_id))["provider_balance"] == 1530


async def test_late_answer_changes_nothing_when_another_worker_took_over(
    desk: Desk, provider: FakeProvider, clock: ManualClock
) -> None:
    order_id = uuid7()
    async with working(desk.worker(provider)):
        await desk.authorize(order_id)
        await desk.until_told(AUTHORIZED, order_id)
    slow, quick = FakeProvider(provider.books), FakeProvider(provider.books)
    gate = slow.gate(Operation.CAPTURE)
    await desk.capture(order_id)
    async with asyncio.TaskGroup() as group:
        stop_claiming = asyncio.Event()
        group.create_task(desk.worker(slow).run(stop_claiming))
        await gate.reached.wait()
        stop_claiming.set()
        clock.advance(LEASE)
        async with working(desk.worker(quick)):
            await desk.until_told(CAPTURED, order_id)
            await desk.reverse(order_id)
            await desk.until_told(REFUNDED, order_id)
        gate.open()
    assert await desk.told(order_id) == [AUTHORIZED, CAPTURED, REFUNDED]
    assert (await desk.balances(order_id))["provider_balance"] == 0


async def test_each_call_is_made_once_when_two_workers_share_the_payments(
    desk: Desk, provider: FakeProvider
) -> None:
    orders = [uuid7() for _ in range(200)]
    workers = [desk.worker(provider, calls_max=7) for _ in range(2)]
    async with working(*workers):
        await desk.authorize(*orders)
        await desk.until_told(AUTHORIZED, *orders)
        await desk.capture(*orders)
        await desk.until_told(CAPTURED, *orders)
    assert len(provider.calls) == len(set(provider.calls)) == 400
    assert (await desk.balances(*orders))["provider_balance"] == 200 * 1530


async def test_calls_begin_with_the_commit_that_makes_them_due_without_looking_for_them(
    desk: Desk, provider: FakeProvider, database: Database
) -> None:
    order_id = uuid7()
    worker = desk.worker(provider, poll=timedelta(hours=1))
    desk.give_to(worker)
    async with working(worker):
        await desk.authorize(order_id)
        await desk.until_told(AUTHORIZED, order_id)
        gate = provider.gate(Operation.CAPTURE)
        await desk.capture(order_id)
        async with database.connection() as connection:
            claimed = await connection.fetchval("select attempts from payments")
        await gate.reached.wait()
        gate.open()
        await desk.until_told(CAPTURED, order_id)
    assert claimed == 1


async def test_what_there_is_no_room_for_is_left_to_another_worker(
    desk: Desk, provider: FakeProvider
) -> None:
    held, left = [uuid7(), uuid7()], [uuid7() for _ in range(3)]
    gate = provider.gate(Operation.AUTHORIZE)
    full = desk.worker(provider, calls_max=2, poll=timedelta(hours=1))
    desk.give_to(full)
    other = FakeProvider(provider.books)
    async with working(full):
        await desk.authorize(*held)
        await provider.called(2)
        async with working(desk.worker(other, poll=timedelta(hours=1))):
            await desk.authorize(*left)
            await desk.until_told(AUTHORIZED, *left)
        gate.open()
        await desk.until_told(AUTHORIZED, *held)
    assert (len(provider.calls), len(other.calls)) == (2, 3)


async def test_others_go_on_when_one_call_is_slow(desk: Desk, provider: FakeProvider) -> None:
    slow, *others = (uuid7() for _ in range(20))
    async with working(desk.worker(provider, calls_max=2)):
        await desk.authorize(slow, *others)
        await desk.until_told(AUTHORIZED, slow, *others)
        gate = provider.gate(Operation.CAPTURE)
        await desk.capture(slow)
        await gate.reached.wait()
        del provider.gates[Operation.CAPTURE]
        await desk.capture(*others)
        await desk.until_told(CAPTURED, *others)
        assert (await desk.payment(slow)).status is PaymentStatus.CAPTURING
        gate.open()
        await desk.until_told(CAPTURED, slow)


@pytest.mark.parametrize("token", [TOK_TIMEOUT_THEN_APPROVED, TOK_ERROR_ONCE])
async def test_call_is_made_again_with_its_key_when_the_outcome_is_unknown(
    hurried_desk: Desk, database: Database, token: str
) -> None:
    order_id = uuid7()
    sandbox = Sandbox(Books(database), slow_seconds=0)
    async with working(hurried_desk.worker(sandbox)):
        await hurried_desk.authorize(order_id, token=token)
        await hurried_desk.until_told(AUTHORIZED, order_id)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from sandbox.charges") == 1


async def test_call_is_made_again_when_it_takes_too_long(
    hurried_desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    gate = provider.gate(Operation.AUTHORIZE)
    worker = hurried_desk.worker(provider, timeout=timedelta(milliseconds=20))
    async with working(worker):
        await hurried_desk.authorize(order_id)
        await gate.reached.wait()
        gate.reached.clear()
        await gate.reached.wait()
        gate.open()
        await hurried_desk.until_told(AUTHORIZED, order_id)
    assert len(provider.books.done) == 1


async def test_held_is_let_go_when_reverse_comes_while_the_outcome_is_unknown(
    hurried_desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    gate = provider.gate(Operation.AUTHORIZE)
    async with working(hurried_desk.worker(provider)):
        await hurried_desk.authorize(order_id)
        await gate.reached.wait()
        await hurried_desk.reverse(order_id)
        await hurried_desk.reverse(order_id)
        gate.open()
        await hurried_desk.until_told(VOIDED, order_id)
    assert await hurried_desk.told(order_id) == [VOIDED]
    payment = await hurried_desk.payment(order_id)
    assert isinstance(
        provider.books.done[idempotency_key(payment.payment_id, Operation.VOID)], Approved
    )


async def test_taken_is_given_back_when_reverse_comes_during_the_capture(
    desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(desk.worker(provider)):
        await desk.authorize(order_id)
        await desk.until_told(AUTHORIZED, order_id)
        gate = provider.gate(Operation.CAPTURE)
        await desk.capture(order_id)
        await gate.reached.wait()
        await desk.reverse(order_id)
        gate.open()
        await desk.until_told(REFUNDED, order_id)
    payment = await desk.payment(order_id)
    assert payment.status is PaymentStatus.REFUNDED
    assert payment.captured == payment.refunded
    assert await desk.told(order_id) == [AUTHORIZED, CAPTURED, REFUNDED]
    assert await desk.balances(order_id) == {"provider_balance": 0, "customer_payments": 0}


async def test_answers_are_the_same_when_commands_come_twice(
    desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(desk.worker(provider)):
        for command, fact in (
            (desk.authorize, AUTHORIZED),
            (desk.capture, CAPTURED),
            (desk.reverse, REFUNDED),
        ):
            await command(order_id)
            await desk.until_told(fact, order_id)
            await command(order_id)
            await command(order_id)
    facts = [fact for fact in (AUTHORIZED, CAPTURED, REFUNDED) for _ in range(3)]
    assert await desk.told(order_id) == facts
    assert len(provider.calls) == 3


async def test_answers_in_hand_are_recorded_when_the_worker_is_stopped(
    desk: Desk, provider: FakeProvider
) -> None:
    orders = [uuid7() for _ in range(20)]
    gate = provider.gate(Operation.AUTHORIZE)
    await desk.authorize(*orders)
    async with working(desk.worker(provider)):
        await gate.reached.wait()
        asyncio.get_running_loop().call_soon(gate.open)
    assert {(await desk.payment(order)).status for order in orders} == {PaymentStatus.AUTHORIZED}


async def test_refused_capture_waits_for_somebody_to_look(
    hurried_desk: Desk, provider: FakeProvider
) -> None:
    order_id = uuid7()
    async with working(hurried_desk.worker(provider)):
        await hurried_desk.authorize(order_id)
        await hurried_desk.until_told(AUTHORIZED, order_id)
        provider.refuses.add(Operation.CAPTURE)
        await hurried_desk.capture(order_id)
        await provider.called(4)
        provider.refuses.clear()
        await hurried_desk.until_told(CAPTURED, order_id)
    assert (await hurried_desk.balances(order_id))["provider_balance"] == 1530


async def test_answer_is_recorded_when_the_database_was_away(
    desk: Desk,
    provider: FakeProvider,
    postgres_server: PostgresServer,
) -> None:
    order_id = uuid7()
    gate = provider.gate(Operation.AUTHORIZE)
    async with working(desk.worker(provider)):
        await desk.authorize(order_id)
        await gate.reached.wait()
        with watching_log("cannot record the provider's answers") as failed:
            postgres_server.kill()
            gate.open()
            await failed.wait()
        postgres_server.start()
        await desk.until_sent()
    assert provider.calls == [*provider.books.done]


async def test_no_token_is_logged_or_kept_when_calls_fail(
    hurried_desk: Desk, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    order_id = uuid7()
    sandbox = Sandbox(Books(database), slow_seconds=0)
    caplog.set_level("DEBUG")
    async with working(hurried_desk.worker(sandbox)):
        await hurried_desk.authorize(order_id, token=TOK_ERROR_ONCE)
        await hurried_desk.until_told(AUTHORIZED, order_id)
    assert TOK_ERROR_ONCE not in caplog.text
    assert "asking again" in caplog.text
    async with database.connection() as connection:
        assert await connection.fetchval("select token from payments") is None
    assert TOK_ERROR_ONCE not in (await hurried_desk.payment(order_id)).model_dump_json()
