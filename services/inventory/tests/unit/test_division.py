"""The rules of divided stock."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from inventory.division import combine, overall, part_of, split
from inventory.domain import Request, Reservation, Shortage, Status

ORDER = UUID("00000000-0000-7000-8000-000000000001")
EARLY, LATE = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_a_sku_has_the_same_part_in_every_release() -> None:
    """Another hash would look for stock where it is not; the audit has it in SQL too."""
    assert [part_of(sku, 2) for sku in ("tea", "mug", "SKU 1", "Größe")] == [0, 1, 0, 1]
    assert [part_of(sku, 3) for sku in ("A", "B", "C", "tea")] == [0, 1, 1, 2]


def test_one_database_has_every_sku() -> None:
    assert {part_of(sku, 1) for sku in ("tea", "mug", "A")} == {0}


def test_skus_are_spread_evenly() -> None:
    counts = [0, 0, 0, 0]
    for number in range(4_000):
        counts[part_of(f"SKU-{number}", 4)] += 1
    assert min(counts) > 900


def test_the_lines_of_an_order_are_divided_and_say_into_how_many_parts() -> None:
    request = Request(ORDER, {"tea": 1, "mug": 2}, "customer")

    assert split(request, 2) == {
        0: Request(ORDER, {"tea": 1}, "customer", 2),
        1: Request(ORDER, {"mug": 2}, "customer", 2),
    }
    assert split(Request(ORDER, {"tea": 1}), 2) == {0: Request(ORDER, {"tea": 1}, None, 1)}


def test_an_order_is_reserved_when_all_parts_hold_it() -> None:
    request = Request(ORDER, {"tea": 1, "mug": 2})
    parts = [Reservation(ORDER, "reserved", LATE), Reservation(ORDER, "committed", EARLY)]

    assert combine(request, parts) == Reservation(ORDER, "reserved", EARLY)


def test_a_refusal_has_the_shortages_of_all_parts_in_the_order_of_the_lines() -> None:
    request = Request(ORDER, {"mug": 2, "tea": 1})
    short = [Shortage("tea", 1, 0), Shortage("mug", 2, 1)]
    parts = [Reservation(ORDER, "refused", EARLY, (each,)) for each in short]

    assert combine(request, parts).status == "refused"
    assert [each.sku for each in combine(request, parts).shortages] == ["mug", "tea"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["committed", "committed"], "committed"),
        (["committed", "reserved"], "reserved"),
        (["committed", "released"], "released"),
        (["released", "expired"], "expired"),
        (["released", "refused"], "refused"),
        ([], None),
    ],
)
def test_the_status_of_an_order_is_that_of_the_part_that_holds_least(
    statuses: list[Status], expected: Status | None
) -> None:
    assert overall(statuses) == expected
