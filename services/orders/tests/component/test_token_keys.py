"""Payment tokens: how long orders keeps them, and when their keys are destroyed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import pytest_asyncio

from orders.settings import OrdersSettings
from orders.token_keys import KeyRotation
from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import Database
from waybill.sealing import Seals
from waybill_toolkit.testing.fake_service import FakeService

from .driving import SKU, add_variant, confirm, order_body, place, wait_for_event, wait_for_history

PERIOD: Final = timedelta(minutes=5)
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


async def test_the_token_is_encrypted_until_the_order_is_confirmed_and_deleted_then(
    client: httpx.AsyncClient, neighbours: FakeService, database: Database, token_keys: Path
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    placed = await place(client, order_body((SKU, 1), payment={"token": "tok_secret"}))
    order_id = placed.json()["order_id"]
    async with database.connection() as connection:
        sealed = await connection.fetchval(_STORED, order_id)
    await confirm(neighbours, order_id)
    authorize = await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)
    await wait_for_history(client, order_id, "capture-payment")

    assert "tok_secret" not in sealed
    assert authorize.data["sealed_token"] == sealed
    assert Seals(token_keys).unseal(sealed, UUID(order_id).bytes) == "tok_secret"
    async with database.connection() as connection:
        assert await connection.fetchval(_STORED, order_id) is None


async def test_a_key_is_destroyed_once_no_order_in_progress_needs_it(
    database: Database, tmp_path: Path
) -> None:
    clock = ManualClock(datetime(2026, 11, 29, tzinfo=UTC))
    rotation = KeyRotation(database, tmp_path, clock, PERIOD)
    await rotation.rotate()
    [first] = keys(tmp_path)
    order_id = uuid7()
    sealed = Seals(tmp_path).seal("tok_1", order_id.bytes)
    async with database.connection() as connection:
        await connection.execute(_INSERT, order_id, sealed)
    for _ in range(3):
        clock.advance(PERIOD)
        await rotation.rotate()
    assert first.exists()
    async with database.connection() as connection:
        await connection.execute("delete from orders where order_id = $1", order_id)

    await rotation.rotate()

    assert not first.exists()
    assert len(keys(tmp_path)) == 2  # the newest, and the one that it has just replaced


async def test_a_replaced_key_is_kept_while_a_transaction_may_use_it(
    database: Database, tmp_path: Path
) -> None:
    clock = ManualClock(datetime(2026, 11, 29, tzinfo=UTC))
    rotation = KeyRotation(database, tmp_path, clock, PERIOD)
    await rotation.rotate()
    [first] = keys(tmp_path)
    clock.advance(10 * PERIOD)  # orders was stopped
    await rotation.rotate()
    assert first.exists()
    clock.advance(PERIOD)
    await rotation.rotate()
    assert not first.exists()
