"""Two replicas of the service on one database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from inventory.commands.adjust_stock import adjust_stock
from inventory.commands.commit_stock import commit_stock
from inventory.commands.reserve_stock import reserve_stock
from inventory.contract.models import AdjustStockReason
from inventory.contract.problems import StockBelowZero
from inventory.domain import Request, StockLevel
from inventory.granted import Granted
from inventory.store import StockBook
from waybill.ids import uuid7
from waybill.postgres import Database, Transaction
from waybill_toolkit.testing.eventually import eventually

if TYPE_CHECKING:
    from services.inventory.tests.conftest import Warehouse


@pytest_asyncio.fixture
async def replica(warehouse: Warehouse, database_url: str) -> AsyncIterator[Warehouse]:
    database = await Database.open(database_url, source="inventory")
    yield type(warehouse)(database, warehouse.clock)
    await database.close()


async def test_concurrent_orders_reserve_exactly_the_units_on_hand(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    await warehouse.receive_stock(A=20)

    async with asyncio.TaskGroup() as group:
        for number in range(60):
            buyer = replica if number % 2 else warehouse
            group.create_task(buyer.reserve((uuid7(), {"A": 1})))

    assert Counter(await warehouse.sent_types()) == {"stock-reserved": 20, "stock-refused": 40}
    assert await warehouse.level("A") == StockLevel("A", on_hand=0, reserved=20, committed=0)
    assert await warehouse.audit() == []


async def test_concurrent_batches_with_the_same_skus_in_opposite_order_do_not_deadlock(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    skus = [f"S{number}" for number in range(20)]
    await warehouse.receive_stock(**dict.fromkeys(skus, 1000))

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            forth = [(uuid7(), {sku: 1}) for sku in skus]
            back = [(uuid7(), {sku: 1}) for sku in reversed(skus)]
            group.create_task(warehouse.reserve(*forth))
            group.create_task(replica.reserve(*back))

    assert Counter(await warehouse.sent_types()) == {"stock-reserved": 800}
    assert await warehouse.audit() == []


async def test_concurrent_transactions_that_reserve_and_commit_crosswise_do_not_deadlock(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    """One reserves A, then commits B; the other one does the opposite. Sorted locks do not help."""
    now, later = warehouse.clock.now(), warehouse.clock.now() + dt.timedelta(minutes=15)
    has_a, has_b = uuid7(), uuid7()
    await warehouse.receive_stock(A=10, B=10)
    await warehouse.reserve((has_a, {"A": 1}), (has_b, {"B": 1}))

    async def other_way_round() -> None:
        async with replica.database.transaction() as tx:
            await reserve_stock(
                tx, [Request(uuid7(), {"B": 1})], Granted(), now=now, expires_at=later
            )
            await commit_stock(tx, [has_a], Granted(), now=now)

    async with asyncio.TaskGroup() as group, warehouse.database.transaction() as tx:
        await reserve_stock(tx, [Request(uuid7(), {"A": 1})], Granted(), now=now, expires_at=later)
        group.create_task(other_way_round())
        await _until_somebody_waits(warehouse.database)
        await commit_stock(tx, [has_b], Granted(), now=now)

    for sku in ("A", "B"):
        assert await warehouse.level(sku) == StockLevel(sku, on_hand=8, reserved=1, committed=1)


async def test_one_reservation_is_made_when_two_replicas_get_the_same_order(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)

    async with asyncio.TaskGroup() as group:
        for each in (warehouse, replica) * 5:
            group.create_task(each.reserve((order, {"A": 4})))

    assert await warehouse.level("A") == StockLevel("A", on_hand=6, reserved=4, committed=0)
    assert await warehouse.sent_types() == ["stock-reserved"] * 10


async def test_a_reservation_is_either_committed_or_expired_when_both_run_concurrently(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    orders = [uuid7() for _ in range(40)]
    await warehouse.receive_stock(A=1000)
    await warehouse.reserve(*((order, {"A": 1}) for order in orders))
    warehouse.clock.advance(dt.timedelta(minutes=15))

    async with asyncio.TaskGroup() as group:
        for number, order in enumerate(reversed(orders)):
            group.create_task(warehouse.commit(order))
            if number % 2 == 0:
                group.create_task(replica.expire(limit=1))

    outcomes: dict[str, set[tuple[str, Any]]] = {str(order): set() for order in orders}
    for kind, data in (await warehouse.sent())[len(orders) :]:
        outcomes[data["order_id"]].add((kind, data.get("status")))
    sold = {("stock-committed", None)}
    expired = {("reservation-expired", None), ("commit-refused", "expired")}
    assert all(outcome in (sold, expired) for outcome in outcomes.values())
    level = await warehouse.level("A")
    assert level.reserved == 0
    assert level.committed == sum(outcome == sold for outcome in outcomes.values())
    assert await warehouse.audit() == []


async def test_no_unit_is_both_removed_and_reserved(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    await warehouse.receive_stock(A=40)
    connections = asyncio.Semaphore(10)

    async def take_away() -> bool:
        async with connections, replica.database.transaction() as tx:
            now = warehouse.clock.now()
            left = await adjust_stock(tx, "A", -1, AdjustStockReason.DAMAGED, now=now)
        return not isinstance(left, StockBelowZero)

    async with asyncio.TaskGroup() as group:
        taken = [group.create_task(take_away()) for _ in range(30)]
        for _ in range(30):
            group.create_task(warehouse.reserve((uuid7(), {"A": 1})))

    reserved = Counter(await warehouse.sent_types())["stock-reserved"]
    assert sum(each.result() for each in taken) + reserved == 40
    assert (await warehouse.level("A")).on_hand == 0
    assert await warehouse.audit() == []


async def test_a_large_batch_needs_no_more_statements_than_a_small_one(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await warehouse.receive_stock(A=10_000)
    statements = _count_statements(monkeypatch)
    counts: list[int] = []

    for size in (1, 200):
        orders = [uuid7() for _ in range(size)]
        await warehouse.reserve(*((order, {"A": 1}) for order in orders))
        await warehouse.commit(*orders)
        await warehouse.release(*orders)
        warehouse.clock.advance(dt.timedelta(minutes=15))
        await warehouse.expire()
        counts.append(statements.total())
        statements.clear()

    assert counts[0] == counts[1]


def _count_statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counted: Counter[str] = Counter()
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        real = getattr(Transaction, name)

        async def counting(self: Transaction, *arguments: Any, real: Any = real) -> Any:
            counted[arguments[0]] += 1
            return await real(self, *arguments)

        monkeypatch.setattr(Transaction, name, counting)
    return counted


async def _until_somebody_waits(database: Database) -> None:
    waiting = """
        select exists (select from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock')
    """
    async with database.connection() as connection:
        await eventually("a transaction to wait", partial(connection.fetchval, waiting), bool)


async def test_an_optimistic_statement_locks_no_row_before_the_book(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    sold = uuid7()
    await warehouse.receive_stock(A=10)
    await replica.reserve((sold, {"A": 1}))

    async with asyncio.TaskGroup() as group, warehouse.database.transaction() as tx:
        await StockBook.open(tx)
        group.create_task(replica.reserve((uuid7(), {"A": 1})))
        await _until_somebody_waits(warehouse.database)
        await tx.fetch("select from stock for update nowait")
    async with asyncio.TaskGroup() as group, warehouse.database.transaction() as tx:
        await StockBook.open(tx)
        group.create_task(replica.commit(sold))
        await _until_somebody_waits(warehouse.database)
        await tx.fetch("select from stock for update nowait")
        await tx.fetch("select from reservations for update nowait")

    assert await warehouse.level("A") == StockLevel("A", on_hand=8, reserved=1, committed=1)


async def test_an_expired_reservation_is_not_committed_by_a_replica_that_has_it_cached(
    warehouse: Warehouse, replica: Warehouse
) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((order, {"A": 1}))
    warehouse.clock.advance(dt.timedelta(minutes=15))
    assert await replica.expire() == 1
    await warehouse.commit(order)

    assert await warehouse.sent_types() == [
        "stock-reserved",
        "reservation-expired",
        "commit-refused",
    ]
    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)


@pytest.mark.parametrize("wanted", [{"A": 11}, {"A": 1, "NONE": 1}])
async def test_an_order_is_refused_when_an_optimistic_reservation_finds_too_little_stock(
    warehouse: Warehouse, wanted: dict[str, int]
) -> None:
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((uuid7(), wanted))
    await warehouse.reserve((uuid7(), {"A": 1}))

    assert await warehouse.sent_types() == ["stock-refused", "stock-reserved"]
    assert await warehouse.level("A") == StockLevel("A", on_hand=9, reserved=1, committed=0)
