"""Sums of an order: whatever discounts and taxes its lines have, they agree."""

import datetime as dt
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from orders.contract.models import OrderStatus
from orders.contract.shared import Amounts as SentAmounts
from orders.domain import Order
from orders.presenting import lines_of, totals_of
from orders.totals import NOTHING, Amounts, Line, TaxTotal, taxes_of, total_of

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
RATES = (0, 55_000, 88_750, 200_000)
UNITS = st.integers(0, 10**9)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    quantity, price = draw(st.integers(1, 10_000)), draw(UNITS)
    discount = draw(st.integers(0, quantity * price))
    tax = draw(st.integers(0, quantity * price - discount))
    rate = draw(st.sampled_from(RATES))
    return Line("A", quantity, price, discount, rate, tax)


LINES = st.lists(_lines(), min_size=1, max_size=20)
SHIPPING = st.builds(lambda net, tax: Amounts(net, tax, net + tax), UNITS, UNITS)


def _order(lines: list[Line], shipping: Amounts, *, prices_include_tax: bool) -> Order:
    total = total_of(lines, shipping, prices_include_tax=prices_include_tax)
    return Order(
        order_id=UUID(int=1),
        reference=None,
        customer_ref="c",
        status=OrderStatus.PLACED,
        currency="GBP",
        lines=tuple(lines),
        prices_include_tax=prices_include_tax,
        total_minor=total.gross_minor,
        tax_minor=total.tax_minor,
        shipping_net_minor=shipping.net_minor,
        shipping_tax_minor=shipping.tax_minor,
        sealed_token=None,
        placed_at=NOW,
        updated_at=NOW,
    )


@given(LINES, SHIPPING, st.booleans())
def test_4_5_lines_and_shipping_sum_to_the_total_for_net_tax_and_gross(
    lines: list[Line],
    shipping: Amounts,
    includes: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    order = _order(lines, shipping, prices_include_tax=includes)
    shown, totals = lines_of(order), totals_of(order)

    for field in ("net_minor", "tax_minor", "gross_minor"):
        of_lines = sum(getattr(line, field) for line in shown)
        assert of_lines + getattr(totals.shipping, field) == getattr(totals, field)
    parts: list[Any] = [*shown, totals, totals.shipping]
    for each in parts:
        assert each.net_minor + each.tax_minor == each.gross_minor
        assert min(each.net_minor, each.tax_minor) >= 0
    paid = "gross_minor" if includes else "net_minor"
    assert totals.lines_minor - totals.discounts_minor == sum(getattr(x, paid) for x in shown)


@given(LINES, st.booleans())
def test_4_5_each_rate_is_there_once_and_all_of_them_sum_to_the_lines(
    lines: list[Line],
    includes: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    taxes = taxes_of(lines, prices_include_tax=includes)
    total = total_of(lines, NOTHING, prices_include_tax=includes)

    assert [each.rate_ppm for each in taxes] == sorted({line.tax_rate_ppm for line in lines})
    assert sum(each.net_minor for each in taxes) == total.net_minor
    assert sum(each.tax_minor for each in taxes) == total.tax_minor


def test_a_line_with_discount_and_tax() -> None:
    line = Line("A", 10, 2_390, discount_minor=5_975, tax_rate_ppm=200_000, tax_minor=2_988)

    assert line.amounts(prices_include_tax=True) == Amounts(14_937, 2_988, 17_925)
    assert line.amounts(prices_include_tax=False) == Amounts(17_925, 2_988, 20_913)
    assert taxes_of([line], prices_include_tax=True) == [TaxTotal(200_000, 14_937, 2_988)]


def test_shipping_is_shown_with_its_tax() -> None:
    order = _order([Line("A", 1, 100)], Amounts(50, 10, 60), prices_include_tax=True)

    assert totals_of(order).shipping == SentAmounts(net_minor=50, tax_minor=10, gross_minor=60)
    assert order.amounts == Amounts(150, 10, 160)
