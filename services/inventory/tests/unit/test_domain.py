import datetime as dt
from uuid import UUID

import pytest

from inventory.domain import (
    QUANTITY_MAX,
    Move,
    Request,
    Reservation,
    Shortage,
    Status,
    after_commit,
    after_release,
    decide_reservations,
    moves,
)

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=15)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def _decide(*requests: Request, **on_hand: int) -> list[Reservation]:
    return decide_reservations(requests, on_hand, NOW, LATER)


def test_units_are_reserved_when_the_stock_is_sufficient() -> None:
    decided = _decide(Request(FIRST, {"A": 3, "B": 1}), A=3, B=5)

    assert decided == [Reservation(FIRST, "reserved", LATER)]


def test_a_refusal_lists_every_shortage() -> None:
    decided = _decide(Request(FIRST, {"A": 4, "B": 1, "C": 1}), A=3, B=5)

    shortages = (Shortage("A", wanted=4, on_hand=3), Shortage("C", wanted=1, on_hand=0))
    assert decided == [Reservation(FIRST, "refused", NOW, shortages)]


def test_an_order_gets_what_earlier_orders_left() -> None:
    decided = _decide(
        Request(FIRST, {"A": 2}), Request(SECOND, {"A": 2}), Request(THIRD, {"A": 1}), A=3
    )

    assert [each.status for each in decided] == ["reserved", "refused", "reserved"]
    assert decided[1].shortages == (Shortage("A", wanted=2, on_hand=1),)


def test_a_refused_order_takes_nothing_from_later_orders() -> None:
    decided = _decide(Request(FIRST, {"A": 2, "B": 1}), Request(SECOND, {"A": 2}), A=2)

    assert [each.status for each in decided] == ["refused", "reserved"]


def test_deciding_does_not_change_its_arguments() -> None:
    on_hand = {"A": 2}

    decide_reservations([Request(FIRST, {"A": 2})], on_hand, NOW, LATER)

    assert on_hand == {"A": 2}


def test_quantities_of_one_sku_are_added() -> None:
    assert Request.of(FIRST, [("A", 2), ("B", 1), ("A", 3)]).units == {"A": 5, "B": 1}


def test_a_quantity_above_bigint_is_a_shortage() -> None:
    request = Request.of(FIRST, [("A", 10**30), ("A", 1)])

    assert request.units == {"A": QUANTITY_MAX}
    assert _decide(request, A=10)[0].status == "refused"


@pytest.mark.parametrize(
    ("status", "committed", "released"),
    [
        ("reserved", "committed", "released"),
        ("committed", "committed", "released"),
        ("released", "released", "released"),
        ("expired", "expired", "expired"),
        ("refused", "refused", "refused"),
    ],
)
def test_each_status_has_one_successor_for_a_command(
    status: Status, committed: Status, released: Status
) -> None:
    assert after_commit(status) == committed
    assert after_release(status) == released


def test_only_reservations_that_change_are_moved() -> None:
    reserved = Reservation(FIRST, "reserved", LATER)
    expired = Reservation(SECOND, "expired", LATER)

    assert moves([reserved, expired], after_commit) == [Move(FIRST, "reserved", "committed")]
