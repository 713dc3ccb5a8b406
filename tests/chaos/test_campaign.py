"""A short campaign passes, and fails when the system has a defect."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from waybill_toolkit.lab.chaos.campaign import CampaignOptions, run_campaign
from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform, faulty_platform
from waybill_toolkit.lab.chaos.report import write_report
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import BACKGROUND, Fault, Kind
from waybill_toolkit.lab.chaos.separate_process import read_books_in_process
from waybill_toolkit.lab.chaos.small_disk import MEGABYTES_MIN, small_disk
from waybill_toolkit.lab.chaos.system import SETTLE_SECONDS
from waybill_toolkit.lab.chaos.verdict import Breach
from waybill_toolkit.lab.chaos.view import View
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.plan import GATEWAY, Plan, free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root

SEED: Final = 1
ORDERS: Final = 300
SECONDS_MAX: Final = 180

LOSES_KEYS: Final = """
    create function forget() returns trigger language plpgsql as
        'begin delete from idempotency_keys where key in (select key from kept);
            return null; end';
    create trigger forget after insert on idempotency_keys referencing new table as kept
        for each statement execute function forget();
"""
SELLS_WITHOUT_STOCK_CHANGE: Final = """
    create function keep() returns trigger language plpgsql as
        'begin new.on_hand := old.on_hand; return new; end';
    create trigger keep before update on stock for each row execute function keep();
"""
LOSES_EVENTS: Final = """
    create function forget() returns trigger language plpgsql as
        'begin delete from inbox where event_id in (select event_id from taken); return null; end';
    create trigger forget after insert on inbox referencing new table as taken
        for each statement execute function forget();
"""
ASYNCHRONOUS_COMMIT: Final = """
    alter role orders set synchronous_commit = off;
    alter role inventory set synchronous_commit = off;
    alter role payments set synchronous_commit = off;
    alter role catalog set synchronous_commit = off;
"""
MANY_INBOX_ROWS: Final = """
    insert into inbox (event_id, received_at)
        select gen_random_uuid(), now() from generate_series(1, 50000);
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def small_platform(*, is_small: bool = False) -> AsyncIterator[FaultyPlatform]:
    with short_folder() as folder:
        data = folder / "data"
        plan = Plan.of(data, tree_root() / "services", free_port_base())
        with small_disk(data, MEGABYTES_MIN) if is_small else nullcontext():
            async with faulty_platform(plan) as found:
                yield found
            remove_home(data)


def can_mount() -> bool:
    """Return whether a tmpfs can be mounted."""
    try:
        with short_folder() as folder, small_disk(folder, 1):
            return True
    except PlatformError:
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def defective() -> AsyncIterator[FaultyPlatform]:
    """A platform for tests that add a defect each."""
    async with small_platform() as found:
        yield found


async def add_defect(faulty: FaultyPlatform, database: str, sql: str) -> None:
    connection = await asyncpg.connect(faulty.platform.admin_url(database))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def run(faulty: FaultyPlatform, *faults: Fault, settle_seconds: float = 5.0) -> Result:
    """Run a short campaign with a short timeout, as most of these never become idle."""
    options = CampaignOptions(SEED, 60, 6.0, faults=faults, settle_seconds=settle_seconds)
    return await run_campaign(faulty, options, View())


def breaches(result: Result) -> set[Breach]:
    return {violation.breach for violation in result.violations}


def broken(result: Result) -> set[str]:
    return {finding.invariant.name for finding in result.books.audit.broken}


async def test_nothing_is_lost_when_everything_breaks_in_turn(tmp_path: Path) -> None:
    is_small = can_mount()  # otherwise without the disk-full fault
    async with small_platform(is_small=is_small) as found:
        result = await run_campaign(found, CampaignOptions.of(SEED, ORDERS), View())

    assert result.violations == []
    assert broken(result) == set()
    assert result.is_ok, result.to_json()
    assert len(result.attempts) == ORDERS
    expected = set(Kind) if is_small else set(Kind) - {Kind.DISK_FULL}
    assert {event.fault.kind for event in result.events} == expected
    assert result.seconds < SECONDS_MAX
    write_report(tmp_path / "chaos.md", result)


async def test_nothing_is_lost_when_the_background_process_of_orders_breaks_alone(
    defective: FaultyPlatform,
) -> None:
    background = f"orders{BACKGROUND}"
    faults = [
        Fault(1, 1.0, Kind.FREEZE, background, 3.0),
        Fault(2, 2.0, Kind.KILL, "orders", 0.0),  # ends while the freeze is active
        Fault(3, 5.0, Kind.KILL, background, 0.0),
    ]

    result = await run(defective, *faults, settle_seconds=SETTLE_SECONDS)

    assert result.is_ok, result.to_json()
    assert [event.missed for event in result.events] == ["", "", ""]
    log = DataFolder(defective.plan.data).log("orders").read_text()
    assert "background process returned early" in log


async def test_other_clients_are_served_while_hundreds_send_slowly(
    defective: FaultyPlatform,
) -> None:
    result = await run(defective, Fault(1, 1.0, Kind.SLOW_CLIENTS, GATEWAY, 4.0))

    assert result.is_ok, result.to_json()
    [event] = result.events
    assert not event.missed
    assert event.ended
    meanwhile = [each for each in result.attempts if event.began < each.began < event.ended]
    assert len(meanwhile) > 20
    assert result.server_errors == 0
    accepted = [each.accept_seconds for each in meanwhile if not each.refusal]
    assert max(seconds or SECONDS_MAX for seconds in accepted) < 2.0


async def test_campaign_fails_when_orders_forgets_the_keys_of_requests(
    defective: FaultyPlatform,
) -> None:
    await add_defect(defective, "orders", LOSES_KEYS)

    result = await run(defective)

    assert not result.is_ok
    assert Breach.PLACED_TWICE in breaches(result)


async def test_campaign_fails_when_inventory_sells_without_taking(
    defective: FaultyPlatform,
) -> None:
    await add_defect(defective, "inventory", SELLS_WITHOUT_STOCK_CHANGE)

    result = await run(defective)

    assert not result.is_ok
    assert "stock-adds-up" in broken(result)
    assert result.books.units_oversold > 0


async def test_campaign_fails_when_the_inbox_of_payments_is_off(defective: FaultyPlatform) -> None:
    await add_defect(defective, "payments", LOSES_EVENTS)

    result = await run(defective)

    assert not result.is_ok
    assert result.books.audit.moving.events_in_flight > 0


async def test_campaign_fails_when_commits_are_not_on_disk(defective: FaultyPlatform) -> None:
    await add_defect(defective, "postgres", ASYNCHRONOUS_COMMIT)
    await add_defect(defective, "postgres", "alter system set wal_writer_delay = '10s'")
    await add_defect(defective, "postgres", "select pg_reload_conf()")
    for service in defective.platform.databases:
        await add_defect(
            defective,
            service,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where usename = current_database()",
        )
    crash = Fault(1, 4.0, Kind.KILL, "postgres", 0.0)

    result = await run(defective, crash)

    assert not result.is_ok
    assert Breach.LOST in breaches(result)


async def test_links_are_not_held_up_while_the_books_are_read(defective: FaultyPlatform) -> None:
    await add_defect(defective, "inventory", MANY_INBOX_ROWS)
    began = time.thread_time()

    books = await read_books_in_process(defective.platform, "nobody", settle_seconds=0.0)

    held_up = time.thread_time() - began  # wall time would include other processes
    assert books.orders == []
    assert held_up < 0.2


async def test_an_error_is_raised_when_the_databases_cannot_be_read(
    defective: FaultyPlatform,
) -> None:
    nowhere = replace(defective.platform, port_base=free_port_base())

    with pytest.raises(PlatformError, match="databases are unavailable"):
        await read_books_in_process(nowhere, "nobody", settle_seconds=0.0)
