"""Stock in several databases: they agree, whatever is interrupted, late or repeated.

Of three databases, the first one has A, the second one B.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import pytest_asyncio

from inventory.app import assemble
from inventory.division import part_of
from inventory.domain import Request, StockLevel
from inventory.part import Part
from inventory.part_record import check_parts
from inventory.settings import InventorySettings
from waybill.ids import uuid7
from waybill.postgres import Database, DatabaseUnavailableError
from waybill.postgres.metrics import UP
from waybill.process.gauges import Gauges
from waybill.process.wrong_settings import WrongSettingsError

if TYPE_CHECKING:
    from services.inventory.tests.conftest import Warehouse

BOTH = {"A": 1, "B": 1}


@pytest_asyncio.fixture
async def replica(
    divided: Warehouse, database_url: str, other_database_urls: list[str]
) -> AsyncIterator[Warehouse]:
    databases = [
        await Database.open(url, source="inventory") for url in (database_url, *other_database_urls)
    ]
    first, *others = databases
    yield type(divided)(first, divided.clock, *others)
    for each in databases:
        await each.close()


async def _statuses(divided: Warehouse, order_id: UUID) -> list[str]:
    """Return the status of the order's reservation in each database that has one."""
    found = await divided.databases.read(
        lambda connection: connection.fetchval(
            "select status from reservations where order_id = $1", order_id
        )
    )
    return [status for status in found if status is not None]


def _parts(divided: Warehouse) -> list[Part]:
    return [Part(each) for each in divided.databases.all]


async def test_two_databases_sell_nothing_twice_when_two_replicas_compete_for_both(
    divided: Warehouse, replica: Warehouse
) -> None:
    """Each of 60 orders wants the last units of A, of B or of both."""
    await divided.receive_stock(A=12, B=9)
    baskets: list[dict[str, int]] = [BOTH, {"A": 1}, {"B": 2, "A": 1}]
    orders = [uuid7() for _ in range(60)]

    async with asyncio.TaskGroup() as group:
        for number, order in enumerate(orders):
            seller = replica if number % 2 else divided
            group.create_task(seller.reserve((order, baskets[number % 3])))
    async with asyncio.TaskGroup() as group:
        for number, order in enumerate(orders):
            seller = divided if number % 2 else replica
            group.create_task(seller.commit(order) if number % 4 else seller.release(order))

    sold: Counter[str] = Counter()
    for number, order in enumerate(orders):
        statuses = await _statuses(divided, order)
        assert len(set(statuses)) == 1 or "committed" not in statuses
        if set(statuses) == {"committed"}:
            sold.update(baskets[number % 3])
    assert await divided.level("A") == StockLevel("A", 12 - sold["A"], 0, sold["A"])
    assert await divided.level("B") == StockLevel("B", 9 - sold["B"], 0, sold["B"])
    answers = Counter(await divided.sent_types())
    assert answers["stock-reserved"] + answers["stock-refused"] == len(orders)
    assert 0 < sold["A"] <= 12
    assert await divided.audit() == []


async def test_a_part_releases_its_lines_when_another_one_has_too_few(divided: Warehouse) -> None:
    order = uuid7()
    await divided.receive_stock(A=10)

    await divided.reserve((order, BOTH))

    assert await divided.sent() == [
        (
            "stock-refused",
            {"order_id": str(order), "shortages": [{"sku": "B", "wanted": 1, "on_hand": 0}]},
        )
    ]
    assert await _statuses(divided, order) == ["released", "refused"]
    assert await divided.level("A") == StockLevel("A", 10, 0, 0)


async def test_a_reservation_is_completed_when_its_command_is_delivered_again_after_a_crash(
    divided: Warehouse,
) -> None:
    order = uuid7()
    await divided.receive_stock(A=10, B=10)
    first, *_ = _parts(divided)
    now = divided.clock.now()
    await first.reserve([Request(order, {"A": 1}, None, 2)], now, now + dt.timedelta(minutes=15))

    await divided.reserve((order, BOTH))

    assert await divided.sent_types() == ["stock-reserved"]
    assert await divided.level("A") == StockLevel("A", 9, 1, 0)
    assert await divided.level("B") == StockLevel("B", 9, 1, 0)


async def test_a_crash_between_refusal_and_release_is_repaired_by_the_second_delivery(
    divided: Warehouse,
) -> None:
    order = uuid7()
    await divided.receive_stock(A=10)
    now = divided.clock.now()
    first, second, _ = _parts(divided)
    expires_at = now + dt.timedelta(minutes=15)
    await first.reserve([Request(order, {"A": 1}, None, 2)], now, expires_at)
    await second.reserve([Request(order, {"B": 1}, None, 2)], now, expires_at)

    await divided.reserve((order, BOTH))

    assert await divided.sent_types() == ["stock-refused"]
    assert await divided.level("A") == StockLevel("A", 10, 0, 0)


async def test_no_part_is_sold_when_another_one_has_expired(divided: Warehouse) -> None:
    order = uuid7()
    await divided.receive_stock(A=10, B=10)
    await divided.reserve((order, BOTH))
    await _parts(divided)[1].expire([order], divided.clock.now())

    await divided.commit(order)

    answer = ("commit-refused", {"order_id": str(order), "status": "expired"})
    assert (await divided.sent())[-1] == answer
    assert await _statuses(divided, order) == ["released", "expired"]
    assert await divided.level("A") == StockLevel("A", 10, 0, 0)
    assert await divided.level("B") == StockLevel("B", 10, 0, 0)


async def test_nothing_is_sold_when_a_part_has_lost_its_reservation(
    divided: Warehouse, replica: Warehouse
) -> None:
    """As after a database was restored from an older backup."""
    order = uuid7()
    await divided.receive_stock(A=10, B=10)
    await divided.reserve((order, BOTH))
    async with divided.databases.all[1].transaction() as tx:
        await tx.execute("delete from reservations where order_id = $1", order)

    await replica.commit(order)

    answer = ("commit-refused", {"order_id": str(order), "status": "unknown"})
    assert (await divided.sent())[-1] == answer
    assert await _statuses(divided, order) == ["released"]


async def test_a_late_part_gets_nothing_after_the_release(divided: Warehouse) -> None:
    """As of a consumer that was stopped in the middle of a reservation, and goes on."""
    order = uuid7()
    await divided.receive_stock(A=10, B=10)
    now = divided.clock.now()
    first, second, _ = _parts(divided)
    expires_at = now + dt.timedelta(minutes=15)
    await first.reserve([Request(order, {"A": 1}, None, 2)], now, expires_at)

    await divided.release(order)
    await second.reserve([Request(order, {"B": 1}, None, 2)], now, expires_at)

    assert await _statuses(divided, order) == ["released", "released", "released"]
    assert await divided.level("B") == StockLevel("B", 10, 0, 0)


async def test_an_expiry_is_published_once_when_a_crash_follows_the_release_of_the_units(
    divided: Warehouse,
) -> None:
    order = uuid7()
    await divided.receive_stock(A=10, B=10)
    await divided.reserve((order, BOTH))
    divided.clock.advance(dt.timedelta(minutes=15))
    async with divided.database.transaction() as tx:
        assert await divided.stock.expire_due(tx, divided.clock.now(), 100) == 1

    async def crash_before_the_commit() -> None:
        async with divided.database.transaction() as tx:
            await divided.stock.expire_due(tx, divided.clock.now(), 100)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await crash_before_the_commit()
    assert await _statuses(divided, order) == ["expired", "expired"]
    assert await divided.expire() == 0  # the first call repeats what was rolled back

    assert await divided.sent_types() == ["stock-reserved", "reservation-expired"]


async def test_a_lost_part_stops_the_batch_with_the_error_that_is_retried(
    divided: Warehouse,
) -> None:
    await divided.receive_stock(A=10, B=10)
    await divided.databases.all[1].close()

    with pytest.raises(DatabaseUnavailableError):
        await divided.reserve((uuid7(), BOTH))

    assert await divided.sent() == []


async def test_each_database_keeps_its_part(divided: Warehouse) -> None:
    databases = list(divided.databases.all)
    await divided.receive_stock(A=1, B=1)

    await check_parts(databases)
    await check_parts(databases)

    with pytest.raises(WrongSettingsError, match="holds part 2 of 3"):
        await check_parts([databases[0], databases[2], databases[1]])
    with pytest.raises(WrongSettingsError, match="holds part 0 of 3"):
        await check_parts(databases[:2])
    with pytest.raises(WrongSettingsError, match="holds part 0 of 3"):
        await check_parts(databases[:1])


async def test_stock_cannot_be_divided_where_it_is(
    divided: Warehouse, undivided: Warehouse
) -> None:
    await undivided.receive_stock(A=1, B=1)
    assert part_of("B", 3) == 1

    with pytest.raises(WrongSettingsError, match="stock of B is in the database of part 0"):
        await check_parts(list(divided.databases.all))


async def test_one_database_is_not_asked_to_be_a_part(undivided: Warehouse) -> None:
    await undivided.receive_stock(A=1, B=1)

    await check_parts([undivided.database])


async def test_metrics_say_whether_every_database_answers(
    divided: Warehouse, database_url: str, other_database_urls: list[str]
) -> None:
    assert await divided.audit() == []
    service = await assemble(
        InventorySettings.model_validate(
            {
                "database_url": database_url,
                "stock_databases": " ".join(other_database_urls),
                "kafka_bootstrap_servers": "localhost:1",
                "access": "open",
            }
        )
    )
    assert service.database is not None
    read = await Gauges([service.database, *service.other_databases], []).read()
    for close in (*service.closing, service.database.close):
        await close()
    assert len(service.other_databases) == len(other_database_urls)
    assert read[0] == UP.of(1)
