import datetime as dt
from uuid import UUID

import pytest

from orders.contract.models import OrderStatus, PlaceOrderLine
from orders.contract.problems import (
    AmountOutOfRange,
    CurrencyMismatch,
    EmptyOrder,
    PriceChanged,
    QuantityOutOfRange,
    UnknownCurrency,
    UnknownSku,
)
from orders.contract.shared import PriceInput
from orders.domain import QUANTITY_MAX, Line, Order, Price, needs_token, price_lines, status_at
from orders.saga import AUTHORIZED_AT_STEP, CONFIRMED_AT_STEP, PLACE_ORDER
from waybill.saga import CANCELLED, Position, Reason

PRICES = {"A": Price(255, "GBP"), "B": Price(100, "EUR")}


def _line(sku: str = "A", quantity: int = 1) -> PlaceOrderLine:
    return PlaceOrderLine(sku=sku, quantity=quantity)


def test_lines_get_the_current_price() -> None:
    lines = price_lines([_line("A", 6), _line("A", 2)], "GBP", PRICES)

    assert lines == (Line("A", 6, 255), Line("A", 2, 255))


def test_an_order_without_lines_is_refused() -> None:
    assert isinstance(price_lines([], "GBP", PRICES), EmptyOrder)


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_a_quantity_is_refused_when_it_is_out_of_range(quantity: int) -> None:
    refused = price_lines([_line(), _line(quantity=quantity)], "GBP", PRICES)

    assert isinstance(refused, QuantityOutOfRange)
    assert refused.pointer == "/lines/1/quantity"
    assert refused.quantity_max == QUANTITY_MAX


def test_the_largest_quantity_is_accepted() -> None:
    assert price_lines([_line(quantity=QUANTITY_MAX)], "GBP", PRICES) == (
        Line("A", QUANTITY_MAX, 255),
    )


def test_a_sku_is_refused_when_the_catalogue_does_not_have_it() -> None:
    refused = price_lines([_line("Z")], "GBP", PRICES)

    assert isinstance(refused, UnknownSku)
    assert (refused.sku, refused.pointer) == ("Z", "/lines/0/sku")


def test_a_line_is_refused_when_its_price_is_in_another_currency() -> None:
    refused = price_lines([_line("A"), _line("B")], "GBP", PRICES)

    assert isinstance(refused, CurrencyMismatch)
    assert (refused.sku, refused.price_currency) == ("B", "EUR")


def test_0_1_an_order_is_refused_when_no_currency_has_its_code() -> None:
    refused = price_lines([_line()], "ZZZ", PRICES)

    assert isinstance(refused, UnknownCurrency)
    assert (refused.pointer, refused.currency) == ("/currency", "ZZZ")


def test_0_2_the_limit_of_an_order_is_that_of_its_currency() -> None:
    telephone = 1_599_900_000  # 15,999,000.00 IDR; a thousand pounds less than 16 million GBP
    prices = {"A": Price(telephone, "IDR"), "B": Price(telephone, "GBP")}

    assert price_lines([_line("A", QUANTITY_MAX)] * 2, "IDR", prices) == (
        (Line("A", QUANTITY_MAX, telephone),) * 2
    )
    refused = price_lines([_line("B", QUANTITY_MAX)] * 2, "GBP", prices)
    assert isinstance(refused, AmountOutOfRange)
    assert (refused.pointer, refused.amount_max_minor) == ("/lines", 100_000_000_000)
    assert refused.detail.startswith("An order is at most 1000000000.00 GBP, not 319980000000.00")


def test_a_line_gets_the_price_that_its_customer_expects() -> None:
    expected = PriceInput(amount_minor=255, currency="GBP")

    lines = price_lines(
        [PlaceOrderLine(sku="A", quantity=1, expected_unit_price=expected)], "GBP", PRICES
    )

    assert lines == (Line("A", 1, 255),)


@pytest.mark.parametrize(("amount_minor", "currency"), [(254, "GBP"), (256, "GBP"), (255, "EUR")])
def test_a_line_is_refused_when_its_price_is_not_the_expected_one(
    amount_minor: int, currency: str
) -> None:
    expected = PriceInput(amount_minor=amount_minor, currency=currency)
    wanted = [_line(), PlaceOrderLine(sku="A", quantity=1, expected_unit_price=expected)]

    refused = price_lines(wanted, "GBP", PRICES)

    assert isinstance(refused, PriceChanged)
    assert (refused.sku, refused.pointer) == ("A", "/lines/1/expected_unit_price")
    assert (refused.amount_minor, refused.currency) == (255, "GBP")


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
