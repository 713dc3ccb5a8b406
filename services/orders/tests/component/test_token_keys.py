"""Payment tokens: how long orders keeps them, and when their keys are destroyed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from orders.settings import OrdersSettings
from orders.token_keys import GRACE, KeyRotation
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import Database
from waybill.sealing import Seals
from waybill_toolkit.testing.fake_service import FakeService

from .driving import (
    SKU,
    add_variant,
    cancel,
    order_body,
    place,
    reply,
    reserve,
    wait_for_event,
)

PERIOD: Final = timedelta(minutes=1)
_STORED: Final = "select sealed_token from orders where order_id = $1"
_INSERT: Final = """
    insert into orders (order_id, customer_ref, status, currency, total_minor, sealed_token,
        placed_at, updated_at)
    values ($1, 'c', 'placed', 'GBP', 1, $2, now(), now())
"""


def keys(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@pytest_asyncio.fixture
async def database(settings: OrdersSettings) -> AsyncIterator[Database]:
    database = await Database.open(settings.database_url.get_secret_value())
    yield database
    await database.close()


async def stored_token(database: Database, order_id: str) -> str | None:
    async with database.connection() as connection:
        token: str | None = await connection.fetchval(_STORED, order_id)
        return token


async def authorizing(client: httpx.AsyncClient, neighbours: FakeService) -> tuple[str, Any]:
    """Place an order, and return its id and the command that authorizes its payment."""
    await add_variant(client, neighbours, SKU, 255)
    placed = await place(client, order_body((SKU, 1), payment={"token": "tok_secret"}))
    order_id = placed.json()["order_id"]
    await reserve(neighbours, order_id)
    event = await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)
    return order_id, event.data


async def test_the_token_is_encrypted_until_the_payment_is_authorized_and_deleted_then(
    client: httpx.AsyncClient, neighbours: FakeService, database: Database, token_keys: Path
) -> None:
    order_id, authorize = await authorizing(client, neighbours)
    sealed = await stored_token(database, order_id)
    assert sealed is not None
    assert "tok_secret" not in sealed
    assert authorize["sealed_token"] == sealed
    assert Seals(token_keys).unseal(sealed, UUID(order_id).bytes) == "tok_secret"

    paid = {"payment_id": str(uuid7()), "amount": authorize["amount"]}
    await reply(neighbours, "payments.payment-authorized", order_id, **paid)
    await wait_for_event(neighbours, "inventory.commit-stock.v1", order_id)

    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "placed"
    assert await stored_token(database, order_id) is None


async def test_the_token_is_deleted_when_the_payment_is_declined(
    client: httpx.AsyncClient, neighbours: FakeService, database: Database
) -> None:
    order_id, _ = await authorizing(client, neighbours)
    declined = {"payment_id": str(uuid7()), "decline_code": "card_declined"}
    await reply(neighbours, "payments.payment-declined", order_id, **declined)
    await wait_for_event(neighbours, "inventory.release-stock.v1", order_id)

    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "placed"
    assert await stored_token(database, order_id) is None


async def test_the_token_of_a_cancelled_order_is_kept_while_its_authorization_may_be_repeated(
    client: httpx.AsyncClient, neighbours: FakeService, database: Database
) -> None:
    order_id, _ = await authorizing(client, neighbours)
    await cancel(client, order_id)
    await wait_for_event(neighbours, "payments.reverse-payment.v1", order_id)
    assert await stored_token(database, order_id) is not None

    await reply(neighbours, "payments.payment-voided", order_id, payment_id=str(uuid7()))
    await wait_for_event(neighbours, "inventory.release-stock.v1", order_id)

    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "cancelling"
    assert await stored_token(database, order_id) is None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 29, tzinfo=UTC))


@pytest_asyncio.fixture
async def rotation(database: Database, tmp_path: Path, clock: ManualClock) -> KeyRotation:
    """A rotation that has created the first key."""
    rotation = KeyRotation(database, tmp_path, clock, PERIOD)
    await rotation.rotate()
    return rotation


async def test_a_key_is_destroyed_once_no_order_needs_it(
    database: Database, tmp_path: Path, clock: ManualClock, rotation: KeyRotation
) -> None:
    [first] = keys(tmp_path)
    order_id = uuid7()
    sealed = Seals(tmp_path).seal("tok_1", order_id.bytes)
    async with database.connection() as connection:
        await connection.execute(_INSERT, order_id, sealed)
    for _ in range(5):
        clock.advance(PERIOD)
        await rotation.rotate()
    assert first.exists()
    async with database.connection() as connection:
        await connection.execute("update orders set sealed_token = null")

    await rotation.rotate()

    assert not first.exists()
    newest = keys(tmp_path)[-1]
    assert f"{clock.now():%H%M%S}" in newest.stem


async def test_a_superseded_key_is_kept_while_a_transaction_may_use_it(
    tmp_path: Path, clock: ManualClock, rotation: KeyRotation
) -> None:
    [first] = keys(tmp_path)
    clock.advance(10 * PERIOD)  # orders was stopped
    await rotation.rotate()
    assert first.exists()
    clock.advance(GRACE)
    await rotation.rotate()
    assert not first.exists()
