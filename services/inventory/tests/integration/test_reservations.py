"""The effects of commands on stock and reservations, on a real PostgreSQL.

In one database, and divided over three: the commands and their answers are the same.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import asyncpg
import pytest

from inventory.domain import StockLevel
from waybill.ids import uuid7

if TYPE_CHECKING:
    from services.inventory.tests.conftest import Warehouse


@pytest.fixture(params=["one database", "three databases"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    name = "undivided" if request.param == "one database" else "divided"
    found: Warehouse = request.getfixturevalue(name)
    return found


async def test_reserved_units_are_neither_on_hand_nor_committed(warehouse: Warehouse) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10, B=5)

    await warehouse.reserve((order, {"A": 4, "B": 5}))

    assert await warehouse.level("A") == StockLevel("A", on_hand=6, reserved=4, committed=0)
    assert await warehouse.level("B") == StockLevel("B", on_hand=0, reserved=5, committed=0)
    reserved = {"order_id": str(order), "expires_at": "2026-11-22T09:45:00Z"}
    assert await warehouse.sent() == [("stock-reserved", reserved)]
    assert (await warehouse.reservation(order)).lines == (("A", 4), ("B", 5))
    assert await warehouse.audit() == []


async def test_nothing_is_reserved_when_one_line_is_short(warehouse: Warehouse) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10, B=5)

    await warehouse.reserve((order, {"A": 4, "B": 6, "C": 1}))

    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)
    shortages = [
        {"sku": "B", "wanted": 6, "on_hand": 5},
        {"sku": "C", "wanted": 1, "on_hand": 0},
    ]
    assert await warehouse.sent() == [
        ("stock-refused", {"order_id": str(order), "shortages": shortages})
    ]
    assert (await warehouse.reservation(order)).status == "refused"
    assert await warehouse.audit() == []


async def test_committed_units_are_not_on_hand(warehouse: Warehouse) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((order, {"A": 4}))

    await warehouse.commit(order)

    assert await warehouse.level("A") == StockLevel("A", on_hand=6, reserved=0, committed=4)
    assert (await warehouse.sent())[-1] == ("stock-committed", {"order_id": str(order)})
    assert await warehouse.audit() == []


@pytest.mark.parametrize("committed", [False, True])
async def test_released_units_are_on_hand_again(warehouse: Warehouse, *, committed: bool) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((order, {"A": 4}))
    if committed:
        await warehouse.commit(order)

    await warehouse.release(order)

    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)
    assert (await warehouse.sent())[-1] == ("stock-released", {"order_id": str(order)})
    assert await warehouse.audit() == []


async def test_a_repeated_command_has_no_effect_and_the_same_answer(
    warehouse: Warehouse,
) -> None:
    granted, refused = uuid7(), uuid7()
    wanted = ((granted, {"A": 4}), (refused, {"A": 7}))
    await warehouse.receive_stock(A=10)

    await warehouse.reserve(*wanted)
    await warehouse.receive_stock(A=100)
    warehouse.clock.advance(dt.timedelta(minutes=1))
    await warehouse.reserve(*wanted)

    answers = await warehouse.sent()
    assert answers[:2] == answers[2:]
    assert [kind for kind, _ in answers[:2]] == ["stock-reserved", "stock-refused"]
    await warehouse.commit(granted)
    await warehouse.commit(granted)
    assert await warehouse.level("A") == StockLevel("A", on_hand=106, reserved=0, committed=4)
    await warehouse.release(granted)
    await warehouse.release(granted)
    assert await warehouse.level("A") == StockLevel("A", on_hand=110, reserved=0, committed=0)
    assert (await warehouse.sent_types())[4:] == ["stock-committed"] * 2 + ["stock-released"] * 2


async def test_a_command_that_occurs_twice_in_a_batch_has_one_effect(warehouse: Warehouse) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)

    await warehouse.reserve((order, {"A": 4}), (order, {"A": 4}))
    assert await warehouse.level("A") == StockLevel("A", on_hand=6, reserved=4, committed=0)
    await warehouse.commit(order, order)
    assert await warehouse.level("A") == StockLevel("A", on_hand=6, reserved=0, committed=4)
    await warehouse.release(order, order)
    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)

    assert await warehouse.sent_types() == [
        *["stock-reserved"] * 2,
        *["stock-committed"] * 2,
        *["stock-released"] * 2,
    ]


async def test_a_reservation_is_refused_after_its_release(warehouse: Warehouse) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)

    await warehouse.release(order)
    await warehouse.reserve((order, {"A": 4}))

    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)
    assert await warehouse.sent() == [
        ("stock-released", {"order_id": str(order)}),
        ("stock-refused", {"order_id": str(order), "shortages": []}),
    ]
    assert (await warehouse.reservation(order)).status == "released"


async def test_a_commit_is_refused_with_the_status_when_nothing_is_reserved(
    warehouse: Warehouse,
) -> None:
    unknown, refused, released, expired = (uuid7() for _ in range(4))
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((refused, {"A": 11}), (released, {"A": 1}), (expired, {"A": 1}))
    await warehouse.release(released)
    warehouse.clock.advance(dt.timedelta(minutes=15))
    await warehouse.expire()

    await warehouse.commit(unknown, refused, released, expired)

    assert [
        data["status"] for kind, data in await warehouse.sent() if kind == "commit-refused"
    ] == [
        "unknown",
        "refused",
        "released",
        "expired",
    ]
    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)


async def test_a_batch_is_decided_and_answered_in_order(warehouse: Warehouse) -> None:
    orders = [uuid7() for _ in range(100)]
    await warehouse.receive_stock(A=150, B=1000)

    await warehouse.reserve(*((order, {"B": 1, "A": 2}) for order in orders))

    answers = await warehouse.sent()
    assert [data["order_id"] for _, data in answers] == [str(order) for order in orders]
    assert [kind for kind, _ in answers] == ["stock-reserved"] * 75 + ["stock-refused"] * 25
    assert await warehouse.level("A") == StockLevel("A", on_hand=0, reserved=150, committed=0)
    assert await warehouse.level("B") == StockLevel("B", on_hand=925, reserved=75, committed=0)
    assert await warehouse.audit() == []


async def test_a_quantity_beyond_any_stock_is_refused(warehouse: Warehouse) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)

    await warehouse.reserve((order, {"A": 10_000_000}))

    assert await warehouse.sent_types() == ["stock-refused"]


async def test_reservations_expire_after_their_lifetime(warehouse: Warehouse) -> None:
    early, late = uuid7(), uuid7()
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((early, {"A": 4}))
    warehouse.clock.advance(dt.timedelta(minutes=1))
    await warehouse.reserve((late, {"A": 3}))

    warehouse.clock.advance(dt.timedelta(minutes=14))
    assert await warehouse.expire() == 1

    assert (await warehouse.reservation(early)).status == "expired"
    assert (await warehouse.reservation(late)).status == "reserved"
    assert await warehouse.level("A") == StockLevel("A", on_hand=7, reserved=3, committed=0)
    assert (await warehouse.sent())[-1] == ("reservation-expired", {"order_id": str(early)})
    assert await warehouse.audit() == []


async def test_expiry_takes_at_most_the_limit_and_the_most_overdue_first(
    warehouse: Warehouse,
) -> None:
    orders = [uuid7() for _ in range(5)]
    await warehouse.receive_stock(A=10)
    for order in orders:
        await warehouse.reserve((order, {"A": 1}))
        warehouse.clock.advance(dt.timedelta(seconds=1))
    warehouse.clock.advance(dt.timedelta(minutes=15))

    assert [await warehouse.expire(limit=2) for _ in range(4)] == [2, 2, 1, 0]

    expired = [data["order_id"] for kind, data in await warehouse.sent() if "expired" in kind]
    assert expired == [str(order) for order in orders]


async def test_an_overdue_reservation_can_be_committed_until_it_is_expired(
    warehouse: Warehouse,
) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((order, {"A": 4}))
    warehouse.clock.advance(dt.timedelta(hours=1))

    await warehouse.commit(order)

    assert await warehouse.expire() == 0
    assert await warehouse.level("A") == StockLevel("A", on_hand=6, reserved=0, committed=4)


async def test_an_expired_reservation_stays_expired_when_it_is_released(
    warehouse: Warehouse,
) -> None:
    order = uuid7()
    await warehouse.receive_stock(A=10)
    await warehouse.reserve((order, {"A": 4}))
    warehouse.clock.advance(dt.timedelta(minutes=15))
    await warehouse.expire()

    await warehouse.release(order)
    await warehouse.reserve((order, {"A": 4}))

    assert await warehouse.level("A") == StockLevel("A", on_hand=10, reserved=0, committed=0)
    assert (await warehouse.sent_types())[-2:] == ["stock-released", "stock-refused"]
    assert await warehouse.audit() == []


@pytest.mark.parametrize("column", ["on_hand", "reserved", "committed"])
async def test_the_database_refuses_negative_stock(warehouse: Warehouse, column: str) -> None:
    await warehouse.receive_stock(A=1)

    with pytest.raises(asyncpg.CheckViolationError):
        async with warehouse.database.transaction() as tx:
            await tx.execute(f"update stock set {column} = -1")
