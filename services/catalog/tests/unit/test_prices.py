"""Validity of prices, compared with a look at each instant."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from catalog.contract.problems import InvalidValidity
from catalog.prices import DatedPrice, check_prices, replace_currency

DAYS = [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in range(1, 8)]
PRICES = st.builds(
    DatedPrice,
    st.integers(0, 1000),
    st.sampled_from(["GBP", "EUR"]),
    st.none() | st.sampled_from(DAYS),
    st.none() | st.sampled_from(DAYS),
)


def _is_valid(price: DatedPrice, at: dt.datetime) -> bool:
    return price.start <= at < price.end


@given(st.lists(PRICES, min_size=1, max_size=5))
def test_prices_are_accepted_when_none_is_empty_and_no_two_of_a_currency_meet(
    prices: list[DatedPrice],
) -> None:
    instants = [DAYS[0] - dt.timedelta(days=1), *DAYS]
    empty = any(not any(_is_valid(price, at) for at in instants) for price in prices)
    meet = any(
        sum(_is_valid(price, at) and price.currency == currency for price in prices) > 1
        for at in instants
        for currency in ("GBP", "EUR")
    )

    fault = check_prices(prices)

    assert isinstance(fault, InvalidValidity) is (empty or meet)


@given(st.lists(PRICES, max_size=5), PRICES)
def test_a_currency_is_replaced_and_others_stay(
    prices: list[DatedPrice], price: DatedPrice
) -> None:
    changed = replace_currency(prices, price)

    assert [each for each in changed if each.currency == price.currency] == [price]
    assert [each for each in changed if each.currency != price.currency] == [
        each for each in prices if each.currency != price.currency
    ]
