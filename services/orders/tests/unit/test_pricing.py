"""Which orders are accepted, and at what total."""

import datetime as dt
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
from orders.price_lists import DatedPrice, PriceList
from orders.pricing import QUANTITY_MAX, PricedOrder, Unacceptable, price_order
from orders.totals import Amounts, Line
from waybill.money import Money

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(seconds=1)
PHONE_MINOR = 1_599_900_000
"""15,999,000.00 in a currency of two digits."""


def _always(amount_minor: int, currency: str = "GBP") -> DatedPrice:
    return DatedPrice(Money(amount_minor, currency))


def _list(*prices: DatedPrice) -> PriceList:
    return PriceList(1, prices)


PRICES = {"A": _list(_always(255)), "B": _list(_always(100, "EUR"))}


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
    priced = price_order(_order(_line("A", 6), _line("A", 2)), PRICES, NOW)

    assert isinstance(priced, PricedOrder)
    assert priced.lines == (Line("A", 6, 255), Line("A", 2, 255))
    assert priced.amounts == Amounts(net_minor=2040, tax_minor=0, gross_minor=2040)


def test_an_order_without_lines_is_refused() -> None:
    assert isinstance(price_order(_order(), PRICES, NOW), EmptyOrder)


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_a_quantity_is_refused_when_it_is_out_of_range(quantity: int) -> None:
    refused = price_order(_order(_line(), _line(quantity=quantity)), PRICES, NOW)

    assert isinstance(refused, QuantityOutOfRange)
    assert refused.pointer == "/lines/1/quantity"
    assert refused.quantity_max == QUANTITY_MAX


def test_the_largest_quantity_is_accepted() -> None:
    assert isinstance(price_order(_order(_line(quantity=QUANTITY_MAX)), PRICES, NOW), PricedOrder)


def test_a_sku_is_refused_when_the_catalogue_does_not_have_it() -> None:
    refused = price_order(_order(_line("Z")), PRICES, NOW)

    assert isinstance(refused, UnknownSku)
    assert (refused.sku, refused.pointer) == ("Z", "/lines/0/sku")


def test_a_line_is_refused_when_its_price_is_in_another_currency() -> None:
    refused = price_order(_order(_line("A"), _line("B")), PRICES, NOW)

    assert isinstance(refused, CurrencyMismatch)
    assert (refused.sku, refused.price_currencies) == ("B", ["EUR"])
    assert refused.detail == "B has prices in EUR now, the order is in GBP."


def test_a_line_has_the_price_in_the_currency_of_its_order() -> None:
    lists = {"A": _list(_always(255), _always(500, "JPY"))}

    in_yen = price_order(_order(_line(), currency="JPY"), lists, NOW)

    assert isinstance(in_yen, PricedOrder)
    assert in_yen.amounts.gross_minor == 500


@pytest.mark.parametrize(
    ("at", "amount_minor"),
    [(NOW - dt.timedelta(microseconds=1), 255), (NOW, 199), (LATER, 300)],
)
def test_a_price_is_valid_from_its_first_instant_until_before_its_end(
    at: dt.datetime, amount_minor: int
) -> None:
    week = _list(
        DatedPrice(Money(300, "GBP"), valid_from=LATER),
        DatedPrice(Money(255, "GBP"), valid_until=NOW),
        DatedPrice(Money(199, "GBP"), valid_from=NOW, valid_until=LATER),
    )

    priced = price_order(_order(_line()), {"A": week}, at)

    assert isinstance(priced, PricedOrder)
    assert priced.amounts.gross_minor == amount_minor


def test_a_line_is_refused_when_its_price_has_ended() -> None:
    ended = _list(DatedPrice(Money(255, "GBP"), valid_until=NOW))

    refused = price_order(_order(_line()), {"A": ended}, NOW)

    assert isinstance(refused, CurrencyMismatch)
    assert refused.price_currencies == []
    assert refused.detail == "A has no price at all now, the order is in GBP."


def test_0_1_an_order_is_refused_when_no_currency_has_its_code() -> None:
    refused = price_order(_order(_line(), currency="ZZZ"), PRICES, NOW)

    assert isinstance(refused, UnknownCurrency)
    assert (refused.pointer, refused.currency) == ("/currency", "ZZZ")


@pytest.mark.parametrize(("currency", "is_accepted"), [("IDR", True), ("GBP", False)])
def test_0_2_the_limit_of_an_order_is_that_of_its_currency(
    currency: str,
    is_accepted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wanted = _order(_line(quantity=100), currency=currency)

    priced = price_order(wanted, {"A": _list(_always(PHONE_MINOR, currency))}, NOW)

    assert isinstance(priced, PricedOrder if is_accepted else AmountOutOfRange)
    if isinstance(priced, AmountOutOfRange):
        assert (priced.pointer, priced.amount_max_minor) == ("/lines", 100_000_000_000)
        assert "at most 1000000000.00 GBP, not 1599900000.00 GBP" in priced.detail


def test_a_line_gets_the_price_that_its_customer_expects() -> None:
    expected = PriceInput(amount_minor=255, currency="GBP")

    assert isinstance(
        price_order(_order(_line(expected_unit_price=expected)), PRICES, NOW), PricedOrder
    )


@pytest.mark.parametrize(
    ("amount_minor", "currency"), [(254, "GBP"), (256, "GBP"), (255, "EUR"), (255, "ZZZ")]
)
def test_a_line_is_refused_when_its_price_is_not_the_expected_one(
    amount_minor: int, currency: str
) -> None:
    expected = PriceInput(amount_minor=amount_minor, currency=currency)

    refused = price_order(_order(_line(), _line(expected_unit_price=expected)), PRICES, NOW)

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
    priced = price_order(_order(_line(), expected_total=seen), {"A": _list(_always(now))}, NOW)

    assert isinstance(priced, answer)
    if isinstance(priced, PriceChanged):
        assert priced.pointer == "/expected_total"
        assert (priced.amount_minor, priced.currency) == (now, "GBP")
    elif isinstance(priced, PricedOrder):
        assert priced.amounts.gross_minor == now
