"""A rolling upgrade of every service while orders are imported: no request fails.

The versions run side by side in every mixture that the order of services gives, first old code
with new tables and new events, then back. Requests are counted without retries.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest
from tests.conftest import MakeHistory
from tests.upgrade.next_version import TABLES, make_next_version

from waybill_toolkit.operations.order_import.placing import import_orders
from waybill_toolkit.operations.order_import.reading import read_orders
from waybill_toolkit.operations.order_import.rules import contract_rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.workload.session import audit_when_settled, client_of
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.upgrade_command import upgrade_to
from waybill_toolkit.testing.eventually import eventually

pytestmark = pytest.mark.skipif(
    "WAYBILL_UPGRADE" not in os.environ, reason="takes minutes: make test-upgrade"
)
CURRENT: Final = tree_root() / "services"
CONCURRENCY: Final = 8
PROBE_PAUSE_SECONDS: Final = 0.02
PATIENT: Final = httpx.Timeout(60)
"""A busy machine is slow; a request that fails does so at once."""
PATIENT_SERVICES: Final = {"WAYBILL_GRACEFUL_STOP_SECONDS": "40"}
"""A fifth of it is the time in which a client, this test, must use its connections again."""


@pytest.fixture
def upgradable() -> Iterator[Platform]:
    with short_folder() as folder:
        plan = Plan.of(folder / "data", CURRENT, free_port_base(), PATIENT_SERVICES)
        with running(with_access(plan, AccessMode.OPEN)) as platform:
            yield platform
        remove_home(folder / "data")


async def test_no_request_fails_while_every_service_is_upgraded_and_back(
    upgradable: Platform, tmp_path: Path, history_file: Path, make_history: MakeHistory
) -> None:
    platform = upgradable
    following = make_next_version(tmp_path)
    pids = {name: platform.process(name).pid for name in platform.services}
    over = asyncio.Event()
    failures: list[str] = []

    async def upgrade() -> None:
        try:
            for root in (following, CURRENT, following):
                await asyncio.to_thread(upgrade_to, platform, root, print)
        finally:
            over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(upgrade())
        for name, address in platform.addresses.items():
            tasks.create_task(probe(name, address, over, failures))
        failures += await replay(platform, history_file)
        round_ = 0
        while not over.is_set():
            round_ += 1
            failures += await replay(platform, make_history(f"round-{round_}", 60))

    assert failures == [], "\n".join(failures)
    report = await audit_when_settled(platform)
    assert report.is_ok, report
    for name in platform.services:
        assert platform.process(name).pid != pids[name], name
        assert platform.process(name).restarts == 0, name
    for service, (table, _) in TABLES.items():
        await migrations_are_complete(platform.database_url(service), table)


async def replay(platform: Platform, file: Path) -> list[str]:
    """Import a file as `waybill import orders --set-prices`; returns the requests that failed."""
    client = client_of(platform)
    rules = contract_rules()
    try:
        with Spool(rules.lines_max) as spool:
            read_orders(file, spool, rules)
            spool.fail_orders_with_two_prices()
            never_placed = set(spool.findings.failed_orders())
            await import_orders(client, spool, sets_prices=True, concurrency=CONCURRENCY)
            refused = set(spool.findings.failed_orders()) - never_placed
            assert spool.open_count() == 0
    finally:
        client.close()
    return [*client.failures, *map(str, refused)]


async def probe(name: str, address: str, over: asyncio.Event, failures: list[str]) -> None:
    """Ask one service again and again, over one connection and over new ones in turns."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENT) as kept:
        while not over.is_set():
            async with httpx.AsyncClient(base_url=address, timeout=PATIENT) as fresh:
                for which, client in (("kept", kept), ("new", fresh)):
                    try:
                        answer = await client.get("/openapi.json")
                        if answer.status_code != 200:
                            failures.append(f"{name}, {which} connection: {answer.status_code}")
                    except httpx.HTTPError as error:
                        failures.append(f"{name}, {which} connection: {error!r}")
            await asyncio.sleep(PROBE_PAUSE_SECONDS)


async def migrations_are_complete(url: str, table: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        index = "select to_regclass($1) is not null"
        await eventually(
            f"the index on {table}",
            lambda: connection.fetchval(index, f"{table}_by_next_note"),
            bool,
        )
        assert await connection.fetchval("select count(*) from schema_backfills") == 0
    finally:
        await connection.close()
