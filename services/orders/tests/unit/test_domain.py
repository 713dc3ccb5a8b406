import datetime as dt
from uuid import UUID

import pytest

from orders.contract.models import OrderStatus
from orders.domain import Order, needs_token, status_at
from orders.saga import AUTHORIZED_AT_STEP, CONFIRMED_AT_STEP, PLACE_ORDER
from orders.totals import Line
from waybill.saga import CANCELLED, Position, Reason


def test_quantities_of_a_sku_on_several_lines_are_added() -> None:
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    order = Order(
        order_id=UUID(int=1),
        reference=None,
        customer_ref="c",
        status=OrderStatus.PLACED,
        currency="GBP",
        lines=(Line("A", 2, 1), Line("B", 1, 1), Line("A", 3, 1)),
        total_minor=6,
        sealed_token=None,
        placed_at=now,
        updated_at=now,
    )

    assert order.units() == {"A": 5, "B": 1}


REFUSED = Reason("out_of_stock", "")


@pytest.mark.parametrize(
    ("position", "status"),
    [
        (Position("forward", 0), OrderStatus.PLACED),
        (Position("forward", 2), OrderStatus.PLACED),
        (Position("forward", 3), OrderStatus.CONFIRMED),
        (Position("completed", 4), OrderStatus.CONFIRMED),
        (Position("compensating", 0, REFUSED), OrderStatus.PLACED),
        (Position("compensated", 0, REFUSED), OrderStatus.REJECTED),
        (Position("compensating", 1, CANCELLED), OrderStatus.CANCELLING),
        (Position("compensated", 0, CANCELLED), OrderStatus.CANCELLED),
    ],
)
def test_the_status_follows_the_saga(position: Position, status: OrderStatus) -> None:
    assert status_at(position, CONFIRMED_AT_STEP) is status


@pytest.mark.parametrize(
    ("position", "is_needed"),
    [
        (Position("forward", 0), True),
        (Position("forward", 1), True),
        (Position("forward", 2), False),
        (Position("forward", 3), False),
        (Position("completed", 4), False),
        (Position("compensating", 1, CANCELLED), True),
        (Position("compensating", 0, CANCELLED), False),
        (Position("compensating", 0, REFUSED), False),
        (Position("compensated", 0, REFUSED), False),
    ],
)
def test_the_token_is_needed_until_the_outcome_of_the_authorization_is_known(
    position: Position,
    is_needed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert needs_token(position, AUTHORIZED_AT_STEP) is is_needed


def test_the_outcome_of_the_authorization_is_known_after_its_step() -> None:
    assert PLACE_ORDER.steps[AUTHORIZED_AT_STEP - 1].name == "authorize-payment"


def test_an_order_is_confirmed_once_its_stock_is_committed() -> None:
    assert PLACE_ORDER.steps[CONFIRMED_AT_STEP - 1].name == "commit-stock"
