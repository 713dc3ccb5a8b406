import pytest

from waybill.money import (
    AMOUNT_MAX,
    Money,
    UnknownCurrencyError,
    digits_of,
    is_currency,
    price_max,
    total_max,
)
from waybill.money.currencies import _DIGITS, _rows


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(10_000, "JPY"), "10000 JPY"),
        (Money(18_600, "KWD"), "18.600 KWD"),
        (Money(255, "GBP"), "2.55 GBP"),
        (Money(5, "GBP"), "0.05 GBP"),
        (Money(-5, "BHD"), "-0.005 BHD"),
        (Money(0, "JPY"), "0 JPY"),
    ],
)
def test_0_1_an_amount_has_the_digits_of_its_currency(amount: Money, text: str) -> None:
    assert str(amount) == text


@pytest.mark.parametrize("code", ["ZZZ", "XAU", "XXX", "DEM", "gbp", "GB", ""])
def test_0_1_a_code_without_a_currency_is_refused(code: str) -> None:
    assert not is_currency(code)
    for function in (digits_of, price_max, total_max):
        with pytest.raises(UnknownCurrencyError, match="is not the code of a currency"):
            function(code)
    with pytest.raises(UnknownCurrencyError):
        Money(1, code)


def test_0_2_the_price_of_a_telephone_is_within_the_limit_in_rupiahs_and_not_in_pounds() -> None:
    telephone = 1_599_900_000  # 15,999,000.00 IDR
    assert price_max("GBP") < telephone <= price_max("IDR")


def test_0_2_limits_are_numbers_of_major_units() -> None:
    million = 1_000_000
    assert price_max("GBP") == million * 100
    assert price_max("KWD") == million * 1_000
    assert price_max("JPY") == million * 1_000  # a thousand yen are some dollars
    assert total_max("GBP") == 1_000 * price_max("GBP")


def test_no_limit_is_beyond_what_json_parsers_read_exactly() -> None:
    assert all(0 < price_max(code) <= total_max(code) <= AMOUNT_MAX for code in _DIGITS)


def test_a_currency_is_in_the_table_once() -> None:
    codes = [code for code, _, _ in _rows()]
    assert len(codes) == len(set(codes)) == 165
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in codes)
