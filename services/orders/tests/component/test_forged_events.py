"""Events that do not report what orders asked for, or that come from somebody else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

import orders
from orders.settings import OrdersSettings
from waybill.ids import uuid7
from waybill.postgres import Database
from waybill_toolkit.testing.eventually import eventually, order_reaches
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service

from .driving import (
    SKU,
    add_variant,
    money,
    order_body,
    place,
    reply,
    reserve,
    wait_for_event,
    wait_for_history,
)

EVENTS = EventContract.load(Path(orders.__file__).with_name("contract") / "asyncapi.json")

Parked = Callable[[UUID], Awaitable[Any]]


@pytest_asyncio.fixture
async def database(settings: OrdersSettings) -> AsyncIterator[Database]:
    database = await Database.open(settings.database_url.get_secret_value(), pool_max=1)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def stranger(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    async with fake_service("mallory", EVENTS, bootstrap_servers) as stranger:
        yield stranger


@pytest.fixture
def parked(database: Database) -> Parked:
    """Wait until an event is a dead letter, and return its error."""

    async def read_error(payment_id: UUID) -> str | None:
        async with database.connection() as connection:
            text = f"%{payment_id}%"
            error: str | None = await connection.fetchval(
                "SELECT error FROM dead_letters WHERE convert_from(value, 'UTF8') LIKE $1", text
            )
        return error

    async def wait(payment_id: UUID) -> Any:
        return await eventually("a dead letter", partial(read_error, payment_id), bool)

    return wait


async def _authorizing(client: httpx.AsyncClient, neighbours: FakeService) -> str:
    """Place an order of 255 GBP minor units, and let its saga ask for the payment."""
    await add_variant(client, neighbours, SKU, 255)
    order_id: str = (await place(client, order_body((SKU, 1)))).json()["order_id"]
    await reserve(neighbours, order_id)
    await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)
    return order_id


@pytest.mark.parametrize("amount", [money(1, "JPY"), money(254), money(255, "EUR")], ids=str)
async def test_another_amount_than_the_total_is_a_dead_letter_and_confirms_nothing(
    client: httpx.AsyncClient, neighbours: FakeService, parked: Parked, amount: dict[str, Any]
) -> None:
    order_id, payment_id = await _authorizing(client, neighbours), uuid7()
    paid = {"payment_id": str(payment_id), "amount": amount}
    await reply(neighbours, "payments.payment-authorized", order_id, **paid)
    assert "were paid for an order of 255 GBP" in await parked(payment_id)
    await wait_for_history(client, order_id, "authorize-payment")


async def test_a_capture_of_another_amount_is_a_dead_letter(
    client: httpx.AsyncClient, neighbours: FakeService, parked: Parked
) -> None:
    order_id, payment_id = await _authorizing(client, neighbours), uuid7()
    paid = {"payment_id": str(uuid7()), "amount": money(255)}
    await reply(neighbours, "payments.payment-authorized", order_id, **paid)
    await reply(neighbours, "inventory.stock-committed", order_id)
    await order_reaches(client, order_id, "confirmed")
    less = {"payment_id": str(payment_id), "amount": money(25)}
    await reply(neighbours, "payments.payment-captured", order_id, **less)
    assert "25 GBP" in await parked(payment_id)


async def test_an_event_of_a_stranger_is_a_dead_letter_and_holds_up_no_event_of_its_order(
    client: httpx.AsyncClient,
    neighbours: FakeService,
    stranger: FakeService,
    parked: Parked,
) -> None:
    order_id, payment_id = await _authorizing(client, neighbours), uuid7()
    paid = {"payment_id": str(payment_id), "amount": money(255)}
    await reply(stranger, "payments.payment-authorized", order_id, **paid)
    assert "its source is 'mallory'; only payments sends events of" in await parked(payment_id)
    await wait_for_history(client, order_id, "authorize-payment")
    await reply(neighbours, "payments.payment-authorized", order_id, **paid)
    await wait_for_event(neighbours, "inventory.commit-stock.v1", order_id)
