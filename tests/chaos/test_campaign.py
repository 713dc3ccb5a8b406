"""A short campaign ends well, and one ends badly when something is wrong with the system."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from waybill_toolkit.lab.chaos.arena import Arena, arena
from waybill_toolkit.lab.chaos.campaign import Outline, run_campaign
from waybill_toolkit.lab.chaos.report import write_report
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import BACKGROUND, Fault, Kind
from waybill_toolkit.lab.chaos.separate_process import read_books_apart
from waybill_toolkit.lab.chaos.small_disk import MEGABYTES_MIN, small_disk
from waybill_toolkit.lab.chaos.system import SETTLE_SECONDS
from waybill_toolkit.lab.chaos.verdict import Breach
from waybill_toolkit.lab.chaos.view import View
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.options import tree_root
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder

SEED: Final = 1
ORDERS: Final = 300
SECONDS_MAX: Final = 180

FORGETS_KEYS: Final = """
    create function forget() returns trigger language plpgsql as
        'begin delete from idempotency_keys where key in (select key from kept);
            return null; end';
    create trigger forget after insert on idempotency_keys referencing new table as kept
        for each statement execute function forget();
"""
SELLS_WITHOUT_TAKING: Final = """
    create function keep() returns trigger language plpgsql as
        'begin new.on_hand := old.on_hand; return new; end';
    create trigger keep before update on stock for each row execute function keep();
"""
FORGETS_EVENTS: Final = """
    create function forget() returns trigger language plpgsql as
        'begin delete from inbox where event_id in (select event_id from taken); return null; end';
    create trigger forget after insert on inbox referencing new table as taken
        for each statement execute function forget();
"""
KEEPS_COMMITS_IN_MEMORY: Final = """
    alter role orders set synchronous_commit = off;
    alter role inventory set synchronous_commit = off;
    alter role payments set synchronous_commit = off;
    alter role catalog set synchronous_commit = off;
"""
MANY_EVENTS_TAKEN: Final = """
    insert into inbox (event_id, received_at)
        select gen_random_uuid(), now() from generate_series(1, 50000);
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def ground(*, is_small: bool = False) -> AsyncIterator[Arena]:
    with short_folder() as folder:
        data = folder / "data"
        plan = Plan.of(data, tree_root() / "services", free_port_base())
        with small_disk(data, MEGABYTES_MIN) if is_small else nullcontext():
            async with arena(plan) as found:
                yield found
            remove_home(data)


def can_mount() -> bool:
    """A small disk can be made by root, if root may mount here."""
    try:
        with short_folder() as folder, small_disk(folder, 1):
            return True
    except PlatformError:
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spoiled() -> AsyncIterator[Arena]:
    """A platform in which one thing after the other is made wrong."""
    async with ground() as found:
        yield found


async def spoil(arena: Arena, database: str, sql: str) -> None:
    connection = await asyncpg.connect(arena.platform.admin_url(database))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def run(arena: Arena, *faults: Fault, settle_seconds: float = 5.0) -> Result:
    """Run a short campaign, which mostly need not wait long: for what will not come."""
    outline = Outline(SEED, 60, 6.0, faults=faults, settle_seconds=settle_seconds)
    return await run_campaign(arena, outline, View())


def breaches(result: Result) -> set[Breach]:
    return {violation.breach for violation in result.violations}


def broken(result: Result) -> set[str]:
    return {finding.invariant.name for finding in result.books.audit.broken}


async def test_nothing_is_lost_when_everything_breaks_in_turn(tmp_path: Path) -> None:
    is_small = can_mount()  # else all but a full disk
    async with ground(is_small=is_small) as found:
        result = await run_campaign(found, Outline.of(SEED, ORDERS), View())

    assert result.violations == []
    assert broken(result) == set()
    assert result.is_ok, result.to_json()
    assert len(result.attempts) == ORDERS
    expected = set(Kind) if is_small else set(Kind) - {Kind.DISK_FULL}
    assert {event.fault.kind for event in result.events} == expected
    assert result.seconds < SECONDS_MAX
    write_report(tmp_path / "chaos.md", result)


async def test_nothing_is_lost_when_the_background_process_of_orders_breaks_alone(
    spoiled: Arena,
) -> None:
    background = f"orders{BACKGROUND}"
    faults = [
        Fault(1, 1.0, Kind.FREEZE, background, 3.0),
        Fault(2, 2.0, Kind.KILL, "orders", 0.0),  # what is frozen outlives it, and has a successor
        Fault(3, 5.0, Kind.KILL, background, 0.0),
    ]

    result = await run(spoiled, *faults, settle_seconds=SETTLE_SECONDS)

    assert result.is_ok, result.to_json()
    assert [event.missed for event in result.events] == ["", "", ""]
    log = DataFolder(spoiled.plan.data).log("orders").read_text()
    assert "background process ended by itself" in log


async def test_campaign_fails_when_orders_forgets_the_keys_of_requests(spoiled: Arena) -> None:
    await spoil(spoiled, "orders", FORGETS_KEYS)

    result = await run(spoiled)

    assert not result.is_ok
    assert Breach.PLACED_TWICE in breaches(result)


async def test_campaign_fails_when_inventory_sells_without_taking(spoiled: Arena) -> None:
    await spoil(spoiled, "inventory", SELLS_WITHOUT_TAKING)

    result = await run(spoiled)

    assert not result.is_ok
    assert "stock-adds-up" in broken(result)
    assert result.books.units_oversold > 0


async def test_campaign_fails_when_the_inbox_of_payments_is_off(spoiled: Arena) -> None:
    await spoil(spoiled, "payments", FORGETS_EVENTS)

    result = await run(spoiled)

    assert not result.is_ok
    assert result.books.audit.moving.events_in_flight > 0


async def test_campaign_fails_when_commits_are_not_on_disk(spoiled: Arena) -> None:
    await spoil(spoiled, "postgres", KEEPS_COMMITS_IN_MEMORY)
    await spoil(spoiled, "postgres", "alter system set wal_writer_delay = '10s'")
    await spoil(spoiled, "postgres", "select pg_reload_conf()")
    for service in spoiled.platform.databases:
        await spoil(
            spoiled,
            service,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where usename = current_database()",
        )
    crash = Fault(1, 4.0, Kind.KILL, "postgres", 0.0)

    result = await run(spoiled, crash)

    assert not result.is_ok
    assert Breach.LOST in breaches(result)


async def test_links_are_not_held_up_while_the_books_are_read(spoiled: Arena) -> None:
    await spoil(spoiled, "inventory", MANY_EVENTS_TAKEN)
    began = time.thread_time()

    books = await read_books_apart(spoiled.platform, "nobody", settle_seconds=0.0)

    held_up = time.thread_time() - began  # wall time would also be what others compute meanwhile
    assert books.orders == []
    assert held_up < 0.2


async def test_books_that_cannot_be_read_are_told_of(spoiled: Arena) -> None:
    nowhere = replace(spoiled.platform, port_base=free_port_base())

    with pytest.raises(PlatformError, match="cannot be audited"):
        await read_books_apart(nowhere, "nobody", settle_seconds=0.0)
