from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybill.money import Money
from waybill.money.currencies import _DIGITS

AMOUNTS = st.integers(-(2**53), 2**53)


@given(AMOUNTS, st.sampled_from(sorted(_DIGITS)))
def test_the_decimal_is_the_amount_in_major_units(amount_minor: int, currency: str) -> None:
    amount = Money(amount_minor, currency)
    assert Decimal(amount.decimal).scaleb(_DIGITS[currency]) == amount_minor


@given(AMOUNTS, AMOUNTS, st.integers(0, 10_000))
def test_amounts_are_added_and_multiplied_exactly(one: int, other: int, quantity: int) -> None:
    first, second = Money(one, "EUR"), Money(other, "EUR")
    assert first + second == Money(one + other, "EUR")
    assert first + second - second == first
    assert (first + second) * quantity == first * quantity + second * quantity
    assert (first < second, first <= second) == (one < other, one <= other)


@pytest.mark.parametrize("amount", [1.0, True, "1", None, Decimal(1)])
def test_an_amount_that_is_no_int_is_refused(amount: Any) -> None:
    with pytest.raises(TypeError, match="an amount is an int"):
        Money(amount, "GBP")


def test_no_fraction_comes_of_a_multiplication() -> None:
    half: Any = 0.5
    with pytest.raises(TypeError):
        Money(5, "GBP") * half


def test_two_currencies_do_not_mix() -> None:
    pound, euro = Money(1, "GBP"), Money(1, "EUR")
    for mix in (
        lambda: pound + euro,
        lambda: pound - euro,
        lambda: pound < euro,
        lambda: pound <= euro,
    ):
        with pytest.raises(ValueError, match=r"0\.01 GBP and 0\.01 EUR"):
            mix()
