"""Each process is killed while orders are in progress; no order is lost or duplicated."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.operations.order_import.placing import import_orders
from waybill_toolkit.operations.order_import.reading import read_orders
from waybill_toolkit.operations.order_import.rules import contract_rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.workload.session import audit_when_settled, client_of
from waybill_toolkit.platform.handle import Platform

ORDERS: Final = 80
CONCURRENCY: Final = 16
SECONDS_MAX: Final = 240  # a few on an idle machine; a start of PostgreSQL takes up to 60
KILL_AFTER: Final = 20  # orders; by then some are at each step

VICTIMS: Final = (*Repository.around(Path(__file__)).services, "broker", "postgres")

_PLACED: Final = "select count(*), count(distinct reference) from orders where reference like $1"


@pytest.mark.parametrize("victim", VICTIMS)
async def test_no_order_is_lost_or_placed_twice_when_a_process_is_killed(
    platform: Platform, make_history: Callable[[str, int], Path], victim: str
) -> None:
    name = f"KILL-{victim}"
    rules = contract_rules()
    with Spool(rules.lines_max) as spool:
        read_orders(make_history(name, ORDERS), spool, rules)

        await _import_and_kill(platform, spool, victim)

        assert spool.findings.counts() == {("confirmed", True): ORDERS}
    assert await _placed(platform, name) == (ORDERS, ORDERS)
    report = await audit_when_settled(platform)
    assert [(each.invariant.name, each.rows) for each in report.broken] == []
    assert report.moving.is_nothing


async def _import_and_kill(platform: Platform, spool: Spool, victim: str) -> None:
    """Import orders; kill the process when some orders are final, and wait until it is ready."""
    begun = asyncio.Semaphore(0)

    @contextmanager
    def progress(text: str, _total: int) -> Iterator[Callable[[], None]]:
        yield begun.release if text == "Placing orders" else lambda: None

    async def kill() -> None:
        for _ in range(KILL_AFTER):
            await begun.acquire()
        killed = await asyncio.to_thread(platform.kill, victim)
        assert not importing.done(), "the orders were through before the victim was killed"
        await asyncio.to_thread(platform.wait_until_replaced, killed, victim)

    client = client_of(platform)
    try:
        async with asyncio.timeout(SECONDS_MAX), asyncio.TaskGroup() as group:
            importing = group.create_task(
                import_orders(
                    client, spool, sets_prices=True, concurrency=CONCURRENCY, progress=progress
                )
            )
            group.create_task(kill())
    finally:
        client.close()


async def _placed(platform: Platform, name: str) -> tuple[int, int]:
    """Count the orders of a history and their references in the database."""
    connection = await asyncpg.connect(platform.database_url("orders"))
    try:
        row = await connection.fetchrow(_PLACED, f"{name}-%")
        assert row is not None
        return row[0], row[1]
    finally:
        await connection.close()


async def test_durable_settings_are_on(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.admin_url("postgres"))
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await connection.fetchval("SELECT current_setting($1)", setting) == "on"
    await connection.close()
