"""A platform with everything that watches it, which has taken 1,000 orders."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.cluster.binaries import BuildError, built
from tests.dashboards.queries import Observed
from tests.dashboards.visitors import visitors

from waybill_toolkit.lab.chaos.load import Load
from waybill_toolkit.lab.chaos.shop import open_shop
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_when_settled, client_of
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.observe.configuration import SCRAPE_SECONDS
from waybill_toolkit.platform.observe.programs import Observers
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root

WANTED: Final = "WAYBILL_DASHBOARDS"
ORDERS: Final = 1_000
ORDERS_A_SECOND: Final = 15.0
"""So few that Prometheus reads /metrics a dozen times meanwhile."""
_SEED: Final = 18


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests unless they are wanted: a platform takes 1,000 orders."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not os.environ.get(WANTED):
            item.add_marker(pytest.mark.skip(reason="minutes: make test-dashboards"))


@pytest.fixture(scope="session")
def observers() -> Observers:
    """The programs: Prometheus as it is installed, VictoriaMetrics as it is built here."""
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        pytest.skip("needs prometheus")
    try:
        drawing = built("victoria-metrics")
    except BuildError as error:
        pytest.skip(str(error))
    return Observers(Path(prometheus), drawing, tree_root() / "deploy" / "helm" / "waybill")


@pytest.fixture(scope="session")
def observed(observers: Observers) -> Iterator[Observed]:
    """The platform after its orders."""
    with short_folder() as folder:
        plan = with_access(Plan.of(folder / "data", tree_root() / "services", free_port_base()))
        with running(replace(plan, observers=observers)) as platform:
            began = time.time()
            asyncio.run(take_orders(platform))
            time.sleep(2 * SCRAPE_SECONDS)  # Prometheus reads what the last ones counted
            with httpx.Client(timeout=30) as http:
                yield Observed(platform, began, time.time(), http)
        remove_home(plan.data)


async def take_orders(platform: Platform) -> None:
    """Place orders of all kinds: some are refused, rejected, declined, repeated or cancelled."""
    shop = open_shop(_SEED, ORDERS, "DRAWN")
    client = client_of(platform)
    await seed(client, shop.variants, shop.units)
    load = Load([client], shop.orders, ORDERS_A_SECOND, _SEED)
    async with visitors(platform, min(shop.units)):
        await load.run()
    client.close()
    assert sum(len(each.order_ids) for each in load.attempts) >= ORDERS
    report = await audit_when_settled(platform)
    assert report.moving.is_nothing
