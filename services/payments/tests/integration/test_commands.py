"""Commands on the real database, without a provider: writes, events and constraints."""

import asyncpg
import pytest

from payments.contract.models import PaymentStatus
from payments.testing.driver import PaymentsDriver
from waybill.events import PermanentError
from waybill.ids import uuid7
from waybill.postgres import Database


@pytest.fixture
def migrated_url(migrated_module_url: str) -> str:
    """One database for all tests of this module: each test uses its own payments."""
    return migrated_module_url


async def test_one_payment_is_created_when_a_command_is_delivered_twice(
    driver: PaymentsDriver,
) -> None:
    order_id = uuid7()
    await driver.authorize(order_id, order_id)
    opened = await driver.payment(order_id)
    await driver.authorize(order_id)
    assert await driver.payment(order_id) == opened
    assert await driver.published(order_id) == []


async def test_payments_of_many_orders_are_created_in_one_batch(driver: PaymentsDriver) -> None:
    orders = [uuid7() for _ in range(300)]
    await driver.authorize(*orders)
    assert {(await driver.payment(order)).status for order in orders} == {PaymentStatus.AUTHORIZING}


async def test_second_authorization_fails_permanently_when_its_amount_differs(
    driver: PaymentsDriver,
) -> None:
    order_id = uuid7()
    await driver.authorize(order_id, amount_minor=100)
    with pytest.raises(PermanentError):
        await driver.authorize(order_id, amount_minor=200)


async def test_voided_is_published_when_reverse_arrives_before_the_provider_was_called(
    driver: PaymentsDriver,
) -> None:
    order_id = uuid7()
    await driver.authorize(order_id)
    await driver.reverse(order_id)
    assert (await driver.payment(order_id)).status is PaymentStatus.VOIDED
    assert await driver.published(order_id) == ["payment-voided"]


async def test_late_authorization_is_answered_voided_after_a_reverse(
    driver: PaymentsDriver,
) -> None:
    order_id = uuid7()
    await driver.reverse(order_id)
    await driver.reverse(order_id)
    await driver.authorize(order_id)
    assert (await driver.payment(order_id)).status is PaymentStatus.VOIDED
    assert await driver.published(order_id) == ["payment-voided"] * 3


async def test_capture_changes_nothing_when_the_payment_is_not_authorized(
    driver: PaymentsDriver,
) -> None:
    unknown, opened = uuid7(), uuid7()
    await driver.authorize(opened)
    await driver.capture(unknown, opened)
    assert (await driver.payment(opened)).status is PaymentStatus.AUTHORIZING
    assert await driver.published(unknown) == await driver.published(opened) == []


async def test_payment_of_zero_is_answered_immediately(driver: PaymentsDriver) -> None:
    order_id = uuid7()
    await driver.authorize(order_id, amount_minor=0)
    await driver.capture(order_id)
    await driver.reverse(order_id)
    assert await driver.published(order_id) == [
        "payment-authorized",
        "payment-captured",
        "payment-refunded",
    ]
    assert await driver.balances(order_id) == {}


async def test_ledger_refuses_a_posting_that_does_not_balance(
    driver: PaymentsDriver, database: Database
) -> None:
    order_id = uuid7()
    await driver.authorize(order_id)
    payment_id = (await driver.payment(order_id)).payment_id
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
