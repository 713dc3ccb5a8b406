"""Every invariant, with consistent databases and with a fault."""

from datetime import timedelta
from typing import Protocol

import pytest

from waybill_toolkit.operations.audit import Report, audit
from waybill_toolkit.operations.audit.invariant import TOGETHER
from waybill_toolkit.operations.audit.invariants import INVARIANTS
from waybill_toolkit.operations.audit.receivers import event_types_received
from waybill_toolkit.operations.audit.store import AuditStore

from .fault import Fault
from .faults import FAULTS


class World(Protocol):
    """The databases of a test; see conftest."""

    databases: dict[str, str]

    async def plant(self, service: str, sql: str) -> None: ...


async def run_audit(world: World, grace: timedelta = timedelta(seconds=1)) -> Report:
    return await audit(world.databases, event_types_received(world.databases), grace)


async def test_nothing_is_found_when_all_is_in_order(world: World) -> None:
    report = await run_audit(world, timedelta(minutes=1))

    assert [finding.rows for finding in report.broken] == []
    assert report.is_ok
    assert len(report.findings) == len(INVARIANTS)


async def test_work_in_flight_is_counted_when_all_invariants_hold(
    world: World,
) -> None:
    report = await run_audit(world, timedelta(minutes=1))

    assert (report.moving.orders, report.moving.events_in_flight) == (1, 1)
    assert (report.moving.events_unpublished, report.moving.events_retried) == (0, 0)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.invariant}-{fault.database}")
async def test_the_invariant_is_named_when_it_is_broken(world: World, fault: Fault) -> None:
    await world.plant(fault.database, fault.sql)

    report = await run_audit(world)

    broken = {finding.invariant.name: finding for finding in report.broken}
    assert fault.invariant in broken
    named = [row for row in broken[fault.invariant].rows if fault.named.items() <= row.items()]
    assert named, broken[fault.invariant].rows


def test_every_invariant_has_a_fault() -> None:
    assert {fault.invariant for fault in FAULTS} == {each.name for each in INVARIANTS}


def test_every_invariant_has_a_name_of_its_own() -> None:
    assert len({each.name for each in INVARIANTS}) == len(INVARIANTS)


async def test_new_event_is_in_flight_before_it_is_consumed(
    world: World,
) -> None:
    await world.plant(
        "orders",
        "delete from inbox where event_id = '00000000-0000-7000-8000-0000000ca002'",
    )

    report = await run_audit(world, timedelta(hours=2))

    assert report.is_ok
    assert report.moving.events_in_flight == 2


async def test_an_event_is_in_flight_when_its_receiver_is_catching_up(
    world: World,
) -> None:
    await world.plant(
        "orders",
        """delete from inbox where event_id = '00000000-0000-7000-8000-0000000ca002';
           update inbox set received_at = now()""",
    )

    report = await run_audit(world, timedelta(minutes=1))

    assert "events-take-effect" not in {finding.invariant.name for finding in report.broken}


async def test_rows_are_cut_off_when_there_are_very_many(world: World) -> None:
    await world.plant(
        "inventory",
        """insert into stock select 'S' || n, 1, 0, 0, now() from generate_series(1, 150) as n""",
    )

    report = await run_audit(world, timedelta(minutes=1))

    assert [finding.invariant.name for finding in report.broken] == ["stock-adds-up"]
    assert (len(report.broken[0].rows), report.broken[0].more) == (100, True)


def test_an_order_is_not_judged_when_it_was_cancelled_between_the_looks() -> None:
    with AuditStore() as store:
        store.enter("insert into settled values (?, ?, ?, ?)", [("1", "confirmed", 610, "GBP")])
        store.enter(
            "insert into orders values (?, ?, ?, ?, ?)",
            [("1", "cancelling", 610, "GBP", '{"A": 1}')],
        )
        store.finish({})

        rows = [
            row
            for each in INVARIANTS
            if each.where == TOGETHER
            for row in store.ask(each.sql, 1, {"now": 0, "grace_seconds": 0})
        ]

    assert rows == []
