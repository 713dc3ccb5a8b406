"""Concurrent orders for few units."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import httpx
import pytest_asyncio

from waybill_toolkit.operations.workload.client import (
    APPROVED,
    Client,
    Line,
    Order,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import Outcome, place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_of, audit_when_settled, client_of
from waybill_toolkit.platform.handle import Platform

LAST: Final = "LAST-UNITS"
PLENTY: Final = "PLENTY-OF-THESE"
VARIANTS: Final = {sku: Variant(sku, "", 255, "GBP") for sku in (LAST, PLENTY)}


@pytest_asyncio.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    client = client_of(platform)
    yield client
    client.close()


def order(name: str, units: int, token: str = APPROVED) -> WantedOrder:
    return WantedOrder(name, "c", "GBP", [Line(PLENTY, 1), Line(LAST, units)], token)


async def place_at_once(client: Client, orders: Sequence[WantedOrder]) -> Counter[str]:
    outcomes = await place_all(client, orders, Poller(client).follow, concurrency=len(orders))
    return Counter(_fate(outcome) for outcome in outcomes)


def _fate(outcome: Outcome) -> str:
    if outcome.order is None:
        return outcome.refusal
    return outcome.order.rejection_code or outcome.order.status


async def levels(platform: Platform, sku: str) -> tuple[int, int, int]:
    async with httpx.AsyncClient(base_url=platform.addresses["inventory"]) as inventory:
        level: dict[str, Any] = (await inventory.get(f"/v1/stock/{sku}")).json()
    return level["on_hand"], level["reserved"], level["committed"]


async def test_exactly_the_last_units_are_sold_when_more_customers_want_them(
    platform: Platform, client: Client
) -> None:
    await seed(client, VARIANTS, {LAST: 20, PLENTY: 1000})
    # All units are reserved for orders with declined payments, and then released.
    outcomes = await place_at_once(
        client, [order(f"broke-{n}", 4, "tok_decline") for n in range(5)]
    )
    assert outcomes == {"payment_declined": 5}
    assert await levels(platform, LAST) == (20, 0, 0)

    outcomes = await place_at_once(client, [order(f"last-{n}", 1) for n in range(60)])

    assert outcomes == {"confirmed": 20, "out_of_stock": 40}
    assert await levels(platform, LAST) == (0, 0, 20)
    assert await levels(platform, PLENTY) == (980, 0, 20)
    assert (await audit_when_settled(platform)).is_ok


async def test_a_running_system_raises_no_alarm_when_it_is_audited(
    platform: Platform, client: Client
) -> None:
    sku = "AUDITED"
    await seed(client, {sku: Variant(sku, "", 100, "GBP")}, {sku: 200})
    wanted = [
        WantedOrder(
            f"audited-{n}", "c", "GBP", [Line(sku, 2)], "tok_decline" if n % 5 == 0 else APPROVED
        )
        for n in range(60)
    ]
    cancelled: list[str] = []

    async with httpx.AsyncClient(base_url=platform.addresses["orders"]) as orders:

        async def follow_and_cancel(order: Order) -> Order:
            final = await Poller(client).follow(order)
            if final.status == "confirmed" and len(cancelled) < 20:
                cancelled.append(final.order_id)
                await orders.post(
                    f"/v1/orders/{final.order_id}/cancellation",
                    headers={"idempotency-key": f"cancel-{final.order_id}"},
                )
            return final

        async with asyncio.TaskGroup() as group:
            placing = group.create_task(place_all(client, wanted, follow_and_cancel, concurrency=8))
            while not placing.done():
                report = await audit_of(platform)
                assert [finding.rows for finding in report.broken] == []

    report = await audit_when_settled(platform)
    assert report.is_ok
    assert report.moving.is_nothing
    assert {(await client.get_order(each)).status for each in cancelled} == {"cancelled"}
    assert await levels(platform, sku) == (200 - 2 * 28, 0, 2 * 28)
