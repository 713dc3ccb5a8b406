"""A platform with two stock databases: they sell nothing twice, and lose nothing.

Takes the start of a platform of its own: `make divided-stock`.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import asyncpg
import pytest

from inventory.division import part_of
from waybill_toolkit.operations.workload.client import (
    APPROVED,
    Client,
    Line,
    Order,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.violation_log import CHECKED

pytestmark = pytest.mark.skipif(
    not os.environ.get("WAYBILL_DIVIDED_STOCK"),
    reason="starts a platform of its own: make divided-stock",
)

TEA, MUG = "divided tea", "divided mug"
"""The SKU of the first database, and that of the second one."""
UNITS = {TEA: 15, MUG: 12}
PLACES = {"inventory": TEA, "inventory_1": MUG}
ORDERS = 60
MISCONFIGURED = 78
SECONDS_MAX = 120
"""Only a failing test waits this long."""
PRICE_MINOR, CURRENCY = 100, "GBP"


@pytest.fixture(scope="module")
def divided() -> Iterator[Platform]:
    with short_folder() as folder:
        found = Plan.of(folder / "data", tree_root() / "services", free_port_base(), CHECKED)
        plan = replace(with_access(found, AccessMode.OPEN), stock_databases=2)
        with running(plan) as platform:
            yield platform
        remove_home(plan.data)


async def test_two_stock_databases_sell_nothing_twice(divided: Platform) -> None:
    assert [part_of(sku, 2) for sku in PLACES.values()] == [0, 1]
    gateway = divided.addresses["gateway"]
    client = Client(gateway, gateway, gateway)
    baskets = ((TEA, MUG), (TEA,), (MUG,))

    try:
        await _seed(client)
        async with asyncio.TaskGroup() as tasks:
            placing = [
                tasks.create_task(_place_and_follow(client, baskets[number % len(baskets)]))
                for number in range(ORDERS)
            ]
        sold: Counter[str] = Counter()
        for number, placed in enumerate(placing):
            if placed.result().status == "confirmed":
                sold.update(baskets[number % len(baskets)])
        left = await client.units_on_hand()
    finally:
        client.close()

    assert {sku: left[sku] + sold[sku] for sku in UNITS} == UNITS
    assert {each: await _stock_in(divided, each) for each in PLACES} == {
        database: {sku} for database, sku in PLACES.items()
    }
    report = await audit_when_settled(divided)
    assert report.broken == []
    assert report.moving.is_nothing


def test_refused_when_inventory_starts_with_its_databases_swapped(divided: Platform) -> None:
    variables = divided.variables("inventory")
    swapped = {
        **os.environ,
        **variables,
        "WAYBILL_PORT": str(free_port()),
        "WAYBILL_DATABASE_URL": variables["WAYBILL_STOCK_DATABASES"],
        "WAYBILL_STOCK_DATABASES": variables["WAYBILL_DATABASE_URL"],
    }
    alone = {name: value for name, value in swapped.items() if name != "WAYBILL_STOCK_DATABASES"}

    for environment, used in ((swapped, "part 0 of 2"), (alone, "part 0 of 1")):
        ended = subprocess.run(
            [sys.executable, "-m", "inventory"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == MISCONFIGURED, ended.stdout
        assert f"holds part 1 of 2 (counted from 0), and is used as {used}" in ended.stdout


async def _seed(client: Client) -> None:
    variants = {sku: Variant(sku, sku, PRICE_MINOR, CURRENCY) for sku in UNITS}
    await seed(client, variants, UNITS)


async def _place_and_follow(client: Client, skus: tuple[str, ...]) -> Order:
    reference = f"divided-{secrets.token_hex(6)}"
    lines = [Line(sku, 1) for sku in skus]
    order = await client.place_order(WantedOrder(reference, "divided", CURRENCY, lines, APPROVED))

    return await eventually(
        f"order {reference} to be final",
        partial(client.get_order, order.order_id),
        lambda found: found.is_final,
        within_seconds=SECONDS_MAX,
    )


async def _stock_in(platform: Platform, database: str) -> set[str]:
    connection = await asyncpg.connect(platform.admin_url(database))
    try:
        return {row["sku"] for row in await connection.fetch("select sku from stock")}
    finally:
        await connection.close()
