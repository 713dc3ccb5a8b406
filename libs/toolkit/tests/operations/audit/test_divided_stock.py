"""The audit of stock in several databases, divided by the statements of docs/scale.md."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waybill_toolkit.operations.audit import Report, audit
from waybill_toolkit.operations.audit.receivers import event_types_received
from waybill_toolkit.operations.audit.run import services_of
from waybill_toolkit.operations.audit.store import joined_status, joined_units

if TYPE_CHECKING:
    from libs.toolkit.tests.operations.audit.conftest import World

GUIDE = Path(__file__).parents[5] / "docs" / "scale.md"
PARTS = 3
"""A is in the first of three databases, B in the second one; nothing is in the third."""


def _statements(part: int) -> str:
    """Return the statements of the guide, and the record that the service writes at its start."""
    [sql] = re.findall(r"```sql\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    events = "truncate outbox, inbox, dead_letters;" if part else ""
    record = f"insert into stock_part (part, parts) values ({part}, {PARTS});"
    return f"{sql}{events}{record}".replace(":parts", str(PARTS)).replace(":part", str(part))


async def _divide(world: World, **more: str) -> None:
    """Divide the stock; `more` are further statements by database."""
    for part in reversed(range(PARTS)):
        name = f"inventory_{part}" if part else "inventory"
        await world.plant("inventory", _statements(part) + more.get(name, ""))
        world.databases[name] = world.databases["inventory"]


async def _audit(world: World) -> Report:
    receives = event_types_received(services_of(world.databases))
    return await audit(world.databases, receives, timedelta(minutes=1))


async def test_nothing_is_found_when_stock_was_divided_by_the_guide(world: World) -> None:
    await _divide(world)

    report = await _audit(world)

    assert {each.invariant.name: each.rows for each in report.broken} == {}


async def test_a_part_that_an_order_has_lost_is_found(world: World) -> None:
    lost = "update reservations set status = 'released', updated_at = '2026-01-01' where parts = 2;"
    kept = "update reservations set updated_at = '2026-01-01';"
    await _divide(world, inventory=kept, inventory_1=lost)

    broken = {each.invariant.name: each.rows for each in (await _audit(world)).broken}

    assert any(row["held"] == '{"A": 2}' for row in broken["units-belong-to-an-order"])


async def test_stock_in_the_wrong_database_is_found(world: World) -> None:
    await _divide(world, inventory_2="insert into stock values ('A', 0, 0, 0, now());")

    broken = {each.invariant.name: each.rows for each in (await _audit(world)).broken}

    assert broken["stock-is-in-its-database"] == [{"sku": "A", "part": 2, "parts": 3}]


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ('{"B": 1}', '{"A": 2, "CC": 3}', '{"A": 2, "B": 1, "CC": 3}'),
        ('{"CC": 1}', '{"é": 2}', '{"CC": 1, "é": 2}'),
        ('{"B": 1}', None, '{"B": 1}'),
        (None, None, None),
    ],
)
def test_units_are_joined_in_the_order_of_jsonb(
    one: str | None, other: str | None, joined: str | None
) -> None:
    assert joined_units(one, other) == joined


def test_an_order_is_committed_only_if_all_its_parts_are() -> None:
    assert joined_status("committed", "committed") == "committed"
    assert joined_status("committed", "reserved") == "reserved"
