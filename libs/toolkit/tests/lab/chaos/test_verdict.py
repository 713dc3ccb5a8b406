"""The comparison finds every kind of contradiction."""

import pytest

from waybill_toolkit.lab.chaos.history import Attempt, History
from waybill_toolkit.lab.chaos.verdict import Breach, Placed, compare
from waybill_toolkit.operations.workload.client import APPROVED, Line, WantedOrder

WANTED = WantedOrder("r-1", "client-1", "GBP", [Line("CUP", 2), Line("CUP", 1)], APPROVED)


def attempt_of(
    *order_ids: str, refusal: str = "", status: str = "confirmed", cancelled: bool = False
) -> Attempt:
    return Attempt(
        WANTED,
        began=0.0,
        order_ids=list(order_ids),
        refusal=refusal,
        status=status if order_ids else "",
        is_cancelled=cancelled,
    )


def placed(
    order_id: str = "a",
    status: str = "confirmed",
    units: int = 3,
    reference: str = "r-1",
) -> Placed:
    return Placed(order_id, reference, "client-1", status, {"CUP": units})


def breaches(attempt: Attempt, *system: Placed) -> list[Breach]:
    violations = compare([History("client-1", [attempt])], system)
    return [violation.breach for violation in violations]


@pytest.mark.parametrize(
    ("attempt", "system"),
    [
        (attempt_of("a"), [placed()]),
        (attempt_of("a", "a"), [placed()]),
        (attempt_of("a", status="placed"), [placed(status="rejected")]),
        (attempt_of("a", cancelled=True), [placed(status="cancelled")]),
        (attempt_of(refusal="unknown-sku"), []),
    ],
)
def test_nothing_is_found_when_the_system_is_as_its_clients_were_attempt_of(
    attempt: Attempt, system: list[Placed]
) -> None:
    assert breaches(attempt, *system) == []


@pytest.mark.parametrize(
    ("attempt", "system", "breach"),
    [
        (attempt_of("a"), [], Breach.LOST),
        (attempt_of(), [], Breach.NO_ANSWER),
        (attempt_of(), [placed()], Breach.NO_ANSWER),
        (attempt_of("a"), [placed(), placed("b")], Breach.PLACED_TWICE),
        (attempt_of(refusal="unknown-sku"), [placed()], Breach.REFUSED_BUT_THERE),
        (attempt_of("a"), [placed(), placed("c", reference="r-9")], Breach.NEVER_SENT),
        (attempt_of("a"), [placed(units=4)], Breach.OTHER_CONTENT),
        (attempt_of("a"), [placed(status="rejected")], Breach.WENT_BACK),
        (attempt_of("a", cancelled=True), [placed(status="confirmed")], Breach.NOT_CANCELLED),
        (attempt_of("a", status="placed"), [placed(status="placed")], Breach.NOT_FINAL),
    ],
)
def test_a_contradiction_is_found_when_the_system_says_something_else(
    attempt: Attempt, system: list[Placed], breach: Breach
) -> None:
    assert breaches(attempt, *system) == [breach]


def test_both_orders_are_named_when_a_repeated_request_got_another_answer() -> None:
    found = breaches(attempt_of("a", "b"), placed("a"), placed("b"))

    assert found == [Breach.PLACED_TWICE, Breach.OTHER_ANSWER]


def test_an_order_that_was_out_of_sight_is_named_when_it_is_back() -> None:
    attempt = attempt_of("a")
    attempt.lost_sight = True

    assert breaches(attempt, placed()) == [Breach.FORGOTTEN_MEANWHILE]
