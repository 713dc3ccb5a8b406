"""Commands on the real database, without a provider: what is written, told and constrained."""

import asyncpg
import pytest

from payments.contract.models import PaymentStatus
from payments.testing import Desk
from waybill.events import PermanentError
from waybill.ids import uuid7
from waybill.postgres import Database


@pytest.fixture
def migrated_url(migrated_module_url: str) -> str:
    """One database for all tests here: none looks at what is not its own."""
    return migrated_module_url


async def test_one_payment_is_opened_when_a_command_comes_twice(desk: Desk) -> None:
    order_id = uuid7()
    await desk.authorize(order_id, order_id)
    opened = await desk.payment(order_id)
    await desk.authorize(order_id)
    assert await desk.payment(order_id) == opened
    assert await desk.told(order_id) == []


async def test_payments_of_many_orders_are_opened_at_once(desk: Desk) -> None:
    orders = [uuid7() for _ in range(300)]
    await desk.authorize(*orders)
    assert {(await desk.payment(order)).status for order in orders} == {PaymentStatus.AUTHORIZING}


async def test_second_authorization_is_a_dead_letter_when_it_asks_for_another_amount(
    desk: Desk,
) -> None:
    order_id = uuid7()
    await desk.authorize(order_id, amount_minor=100)
    with pytest.raises(PermanentError):
        await desk.authorize(order_id, amount_minor=200)


async def test_voided_is_told_when_reverse_comes_before_the_provider_was_asked(
    desk: Desk,
) -> None:
    order_id = uuid7()
    await desk.authorize(order_id)
    await desk.reverse(order_id)
    assert (await desk.payment(order_id)).status is PaymentStatus.VOIDED
    assert await desk.told(order_id) == ["payment-voided"]


async def test_late_authorization_is_answered_voided_when_reverse_came_first(desk: Desk) -> None:
    order_id = uuid7()
    await desk.reverse(order_id)
    await desk.reverse(order_id)
    await desk.authorize(order_id)
    assert (await desk.payment(order_id)).status is PaymentStatus.VOIDED
    assert await desk.told(order_id) == ["payment-voided"] * 3


async def test_nothing_happens_when_capture_finds_nothing_held(desk: Desk) -> None:
    unknown, opened = uuid7(), uuid7()
    await desk.authorize(opened)
    await desk.capture(unknown, opened)
    assert (await desk.payment(opened)).status is PaymentStatus.AUTHORIZING
    assert await desk.told(unknown) == await desk.told(opened) == []


async def test_payment_of_nothing_is_answered_at_once(desk: Desk) -> None:
    order_id = uuid7()
    await desk.authorize(order_id, amount_minor=0)
    await desk.capture(order_id)
    await desk.reverse(order_id)
    assert await desk.told(order_id) == [
        "payment-authorized",
        "payment-captured",
        "payment-refunded",
    ]
    assert await desk.balances(order_id) == {}


async def test_ledger_refuses_a_posting_that_does_not_balance(
    desk: Desk, database: Database
) -> None:
    order_id = uuid7()
    await desk.authorize(order_id)
    payment_id = (await desk.payment(order_id)).payment_id
    with pytest.raises(asyncpg.CheckViolationError, match="sum to zero"):
        async with database.transaction() as tx:
            await tx.execute(
                "insert into ledger_entries values "
                "($1, $2, 'capture', 'provider_balance', 5, 'GBP', now())",
                uuid7(),
                payment_id,
            )


@pytest.mark.parametrize(
    "change", ["update ledger_entries set at = now()", "delete from ledger_entries"]
)
async def test_ledger_refuses_changes(database: Database, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        async with database.transaction() as tx:
            await tx.execute(change)
