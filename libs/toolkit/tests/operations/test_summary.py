"""The figures of a run, and the shop of the demo."""

import pytest

from waybill_toolkit.operations.workload.client import APPROVED, Order, WantedOrder
from waybill_toolkit.operations.workload.demo import EXAMPLES, LIMITED_UNITS, open_shop
from waybill_toolkit.operations.workload.placing import Outcome
from waybill_toolkit.operations.workload.summary import Latency, Summary

WANTED = WantedOrder("1", "c", "GBP", [], APPROVED)


def outcome(status: str, code: str | None = None, *, is_new: bool = True) -> Outcome:
    confirmed = 0.2 if status == "confirmed" and is_new else None
    accepted = 0.1 if is_new else None
    return Outcome(WANTED, Order("id", status, code), is_new, "", accepted, confirmed)


def test_every_order_is_counted_once_by_what_became_of_it() -> None:
    summary = Summary.of(
        [
            outcome("confirmed"),
            outcome("confirmed", is_new=False),
            outcome("rejected", "out_of_stock"),
            outcome("rejected", "payment_declined"),
            outcome("rejected", "timed_out"),
            outcome("cancelled"),
            outcome("placed"),
            outcome("cancelling"),
            Outcome(WANTED, None, is_new=False, refusal="no"),
        ]
    )

    assert summary.to_json() == {
        "placed": 7,
        "already_there": 1,
        "confirmed": 2,
        "rejected_out_of_stock": 1,
        "rejected_payment": 1,
        "rejected_timed_out": 1,
        "cancelled": 1,
        "in_flight": 2,
        "refused": 1,
        "accept_ms_p50": 100.0,
        "accept_ms_p99": 100.0,
        "confirm_ms_p50": 200.0,
        "confirm_ms_p99": 200.0,
    }


@pytest.mark.parametrize(
    ("seconds", "p50", "p99"),
    [
        ([], None, None),
        ([None], None, None),
        ([0.25], 250.0, 250.0),
        ([0.003, 0.001, 0.002], 2.0, 3.0),
        ([number / 1000 for number in range(1, 201)], 100.0, 198.0),
    ],
)
def test_percentiles_are_of_the_nearest_rank(
    seconds: list[float | None], p50: float | None, p99: float | None
) -> None:
    assert Latency.of(seconds) == Latency(p50, p99)


def test_a_demo_has_articles_of_its_own_when_it_is_run_again() -> None:
    again = open_shop(5).variants.keys() & open_shop(5).variants.keys()
    assert again == EXAMPLES.keys()  # those of Swagger UI


def test_a_demo_is_the_same_when_it_is_the_same_run() -> None:
    assert open_shop(50, "RUN") == open_shop(50, "RUN")


def test_a_demo_has_all_kinds_of_orders() -> None:
    shop = open_shop(40, "RUN")
    tokens = {order.payment_token for order in shop.orders}
    limited = [
        line.quantity for order in shop.orders for line in order.lines if "LIMITED" in line.sku
    ]

    assert tokens == {APPROVED, "tok_decline", "tok_insufficient_funds"}
    assert any(quantity > LIMITED_UNITS for quantity in limited)
    assert any(quantity <= LIMITED_UNITS for quantity in limited)
