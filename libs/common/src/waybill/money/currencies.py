"""The currencies of ISO 4217: their decimal digits, and the highest amounts that are plausible.

A currency is in the table if ISO 4217 (list one, of 2026) gives it a number of digits. That leaves
out metals, baskets, `XTS` and `XXX`, and what was withdrawn, such as `DEM`.

A limit is there to refuse an amount of which the digits or the currency are wrong. It is a number
of major units, in proportion to what one of them is worth: ten million US dollars are refused as a
price, and ten million Indonesian rupiahs are a telephone. The powers of ten are those of exchange
rates of 2026, rounded up.
"""

from collections.abc import Iterator, Mapping
from typing import Final

PRICE_MAX_MAJOR: Final = 1_000_000
"""The highest unit price in a currency of which a unit is worth a US dollar or more."""
TOTAL_MAX_PRICES: Final = 1_000
"""The highest total of an order, in highest prices."""
AMOUNT_MAX: Final = 2**53 - 1
"""The highest amount in any currency: every parser of JSON reads it as it is written (RFC 8259)."""

# Digits -> for a power of ten, the currencies of which about so many are one US dollar.
_TABLE: Final[Mapping[int, Mapping[int, str]]] = {
    0: {
        1: "UYI",
        3: "CLP DJF ISK JPY KMF VUV XAF XOF XPF",
        4: "BIF GNF KRW PYG RWF UGX",
        5: "VND",
    },
    2: {
        0: "BMD BSD CHE CHF CHW EUR FKP GBP GIP KYD PAB SHP USD USN XAD",
        1: "AED AUD AWG AZN BAM BBD BND BOB BOV BRL BYN BZD CAD CNY DKK FJD GEL GTQ HKD ILS MAD MOP"
        " MXV MYR NZD PEN PGK PLN QAR RON SAR SBD SGD SVC TMT TOP TTD WST XCD XCG",
        2: "AFN ALL BTN BWP COU CUP CZK DOP EGP ERN GHS GMD HNL INR KGS LSL MDL MKD MRU MUR MVR MXN"
        " MZN NAD NIO NOK PHP RUB SCR SEK SLE SRD STN SZL THB TJS TRY TWD UAH UYU ZAR ZMW ZWG",
        3: "AMD AOA BDT CRC CVE DZD ETB GYD HTG HUF JMD KES KPW KZT LKR LRD NPR PKR RSD SOS",
        4: "ARS CDF COP KHR MGA MMK MNT MWK NGN SDG SSP TZS VED VES YER",
        5: "IDR LAK LBP SYP UZS",
        6: "IRR",
    },
    3: {0: "BHD JOD KWD OMR", 1: "LYD TND", 4: "IQD"},
    4: {0: "CLF UYW"},
}


class UnknownCurrencyError(ValueError):
    """A text is not the code of a currency."""


def _rows() -> Iterator[tuple[str, int, int]]:
    """Yield code, digits and the highest price in the smallest unit."""
    for digits, by_power in _TABLE.items():
        for power, codes in by_power.items():
            for code in codes.split():
                yield code, digits, PRICE_MAX_MAJOR * 10 ** (power + digits)


_DIGITS: Final = {code: digits for code, digits, _ in _rows()}
_PRICE_MAX: Final = {code: highest for code, _, highest in _rows()}
_TOTAL_MAX: Final = {
    code: min(TOTAL_MAX_PRICES * highest, AMOUNT_MAX) for code, highest in _PRICE_MAX.items()
}


def is_currency(code: str) -> bool:
    """Whether this is the code of a currency: three capitals."""
    return code in _DIGITS


def digits_of(code: str) -> int:
    """Return the decimal digits of a currency. Raises UnknownCurrencyError."""
    return _look_up(_DIGITS, code)


def price_max(code: str) -> int:
    """Return the highest unit price, in the smallest unit. Raises UnknownCurrencyError."""
    return _look_up(_PRICE_MAX, code)


def total_max(code: str) -> int:
    """Return the highest total of an order, in the smallest unit. Raises UnknownCurrencyError."""
    return _look_up(_TOTAL_MAX, code)


def _look_up(table: Mapping[str, int], code: str) -> int:
    found = table.get(code)
    if found is None:
        raise UnknownCurrencyError(f"{code!r} is not the code of a currency in ISO 4217")
    return found
