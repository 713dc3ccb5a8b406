"""Which orders are accepted, and at what total."""

from typing import Any

import pytest

from orders.contract.models import PaymentMethod, PlaceOrder, PlaceOrderLine
from orders.contract.problems import (
    AmountOutOfRange,
    CurrencyMismatch,
    EmptyOrder,
    PriceChanged,
    QuantityOutOfRange,
    UnknownCurrency,
    UnknownSku,
)
from orders.contract.shared import MoneyInput, PriceInput
from orders.pricing import QUANTITY_MAX, PricedOrder, Unacceptable, price_order
from orders.totals import Amounts, Line
from waybill.money import Money

PRICES = {"A": Money(255, "GBP"), "B": Money(100, "EUR")}
PHONE_MINOR = 1_599_900_000
"""15,999,000.00 in a currency of two digits."""


def _line(sku: str = "A", quantity: int = 1, **more: Any) -> PlaceOrderLine:
    return PlaceOrderLine(sku=sku, quantity=quantity, **more)


def _order(*lines: PlaceOrderLine, currency: str = "GBP", **more: Any) -> PlaceOrder:
    payment = PaymentMethod(token="tok_approve")  # noqa: S106 - a card of the sandbox
    return PlaceOrder(
        customer_ref="c", currency=currency, lines=list(lines), payment=payment, **more
    )


def _seen(amount_minor: int, currency: str = "GBP") -> MoneyInput:
    return MoneyInput(amount_minor=amount_minor, currency=currency)


def test_an_order_costs_the_current_prices() -> None:
    priced = price_order(_order(_line("A", 6), _line("A", 2)), PRICES)

    assert isinstance(priced, PricedOrder)
    assert priced.lines == (Line("A", 6, 255), Line("A", 2, 255))
    assert priced.amounts == Amounts(net_minor=2040, tax_minor=0, gross_minor=2040)


def test_an_order_without_lines_is_refused() -> None:
    assert isinstance(price_order(_order(), PRICES), EmptyOrder)


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_a_quantity_is_refused_when_it_is_out_of_range(quantity: int) -> None:
    refused = price_order(_order(_line(), _line(quantity=quantity)), PRICES)

    assert isinstance(refused, QuantityOutOfRange)
    assert refused.pointer == "/lines/1/quantity"
    assert refused.quantity_max == QUANTITY_MAX


def test_the_largest_quantity_is_accepted() -> None:
    assert isinstance(price_order(_order(_line(quantity=QUANTITY_MAX)), PRICES), PricedOrder)


def test_a_sku_is_refused_when_the_catalogue_does_not_have_it() -> None:
    refused = price_order(_order(_line("Z")), PRICES)

    assert isinstance(refused, UnknownSku)
    assert (refused.sku, refused.pointer) == ("Z", "/lines/0/sku")


def test_a_line_is_refused_when_its_price_is_in_another_currency() -> None:
    refused = price_order(_order(_line("A"), _line("B")), PRICES)

    assert isinstance(refused, CurrencyMismatch)
    assert (refused.sku, refused.price_currency) == ("B", "EUR")


def test_0_1_an_order_is_refused_when_no_currency_has_its_code() -> None:
    refused = price_order(_order(_line(), currency="ZZZ"), PRICES)

    assert isinstance(refused, UnknownCurrency)
    assert (refused.pointer, refused.currency) == ("/currency", "ZZZ")


@pytest.mark.parametrize(("currency", "is_accepted"), [("IDR", True), ("GBP", False)])
def test_0_2_the_limit_of_an_order_is_that_of_its_currency(
    currency: str,
    is_accepted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wanted = _order(_line(quantity=100), currency=currency)

    priced = price_order(wanted, {"A": Money(PHONE_MINOR, currency)})

    assert isinstance(priced, PricedOrder if is_accepted else AmountOutOfRange)
    if isinstance(priced, AmountOutOfRange):
        assert (priced.pointer, priced.amount_max_minor) == ("/lines", 100_000_000_000)
        assert "at most 1000000000.00 GBP, not 1599900000.00 GBP" in priced.detail


def test_a_line_gets_the_price_that_its_customer_expects() -> None:
    expected = PriceInput(amount_minor=255, currency="GBP")

    assert isinstance(price_order(_order(_line(expected_unit_price=expected)), PRICES), PricedOrder)


@pytest.mark.parametrize(
    ("amount_minor", "currency"), [(254, "GBP"), (256, "GBP"), (255, "EUR"), (255, "ZZZ")]
)
def test_a_line_is_refused_when_its_price_is_not_the_expected_one(
    amount_minor: int, currency: str
) -> None:
    expected = PriceInput(amount_minor=amount_minor, currency=currency)

    refused = price_order(_order(_line(), _line(expected_unit_price=expected)), PRICES)

    assert isinstance(refused, PriceChanged)
    assert refused.pointer == "/lines/1/expected_unit_price"
    assert (refused.amount_minor, refused.currency) == (255, "GBP")


@pytest.mark.parametrize(
    ("seen", "now", "answer"),
    [
        (_seen(1000), 1500, PriceChanged),
        (_seen(1500), 1000, PricedOrder),
        (_seen(1000), 1000, PricedOrder),
        (_seen(1000), 1001, PriceChanged),
        (_seen(1500, "EUR"), 1000, PriceChanged),
        (_seen(1500, "ZZZ"), 1000, PriceChanged),
    ],
)
def test_2_1_a_lower_total_than_the_customer_saw_is_charged_and_a_higher_one_is_refused(
    seen: MoneyInput, now: int, answer: type[PricedOrder | Unacceptable]
) -> None:
    priced = price_order(_order(_line(), expected_total=seen), {"A": Money(now, "GBP")})

    assert isinstance(priced, answer)
    if isinstance(priced, PriceChanged):
        assert priced.pointer == "/expected_total"
        assert (priced.amount_minor, priced.currency) == (now, "GBP")
    elif isinstance(priced, PricedOrder):
        assert priced.amounts.gross_minor == now
