"""The rules for the prices of a variant: they have a currency, and at most one is valid at a time.

A price is valid from an instant, which is included, until another one, which is not.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, TypeAlias

from catalog.contract.problems import AmountOutOfRange, InvalidValidity, UnknownCurrency
from waybill.money import Money, is_currency, price_max

ImpossiblePrice: TypeAlias = UnknownCurrency | AmountOutOfRange

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_NEVER_ENDS: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A unit price, and when it is valid: None where there is no first or no last instant."""

    amount_minor: int
    currency: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def start(self) -> datetime:
        """The instant from which the price is valid."""
        return self.valid_from or _ALWAYS

    @property
    def end(self) -> datetime:
        """The instant from which the price is not valid any more."""
        return self.valid_until or _NEVER_ENDS


def check_price(price: DatedPrice, pointer: str) -> ImpossiblePrice | None:
    """Return what is wrong with a price, which the request has at `pointer`; None for nothing."""
    if not is_currency(price.currency):
        return UnknownCurrency(
            detail=f"{price.currency} is not the code of a currency in ISO 4217.",
            pointer=f"{pointer}/currency",
            currency=price.currency,
        )
    highest = Money(price_max(price.currency), price.currency)
    asked = Money(price.amount_minor, price.currency)
    if asked <= highest:
        return None
    return AmountOutOfRange(
        detail=f"A price is at most {highest}, not {asked}.",
        pointer=f"{pointer}/amount_minor",
        amount_max_minor=highest.amount_minor,
        currency=price.currency,
    )


def first_fault(prices: Iterable[tuple[str, DatedPrice]]) -> ImpossiblePrice | None:
    """Return what is wrong with the first of some prices that cannot be; each has its pointer."""
    faults = (check_price(price, pointer) for pointer, price in prices)
    return next((fault for fault in faults if fault), None)


def check_prices(prices: Sequence[DatedPrice]) -> ImpossiblePrice | InvalidValidity | None:
    """Return what is wrong with the prices that a variant is to have; None for nothing."""
    fault = first_fault((f"/prices/{number}", price) for number, price in enumerate(prices))
    return fault or _check_validity(prices)


def replace_currency(prices: Iterable[DatedPrice], price: DatedPrice) -> tuple[DatedPrice, ...]:
    """Return the prices with this one as the only one of its currency, at the end."""
    return (*(each for each in prices if each.currency != price.currency), price)


def _check_validity(prices: Sequence[DatedPrice]) -> InvalidValidity | None:
    by_currency: defaultdict[str, list[tuple[int, DatedPrice]]] = defaultdict(list)
    for number, price in enumerate(prices):
        if price.start >= price.end:
            return _invalid(number, price, f"Price {number} ends before it is valid.")
        by_currency[price.currency].append((number, price))
    for currency, of_one in by_currency.items():
        of_one.sort(key=lambda each: each[1].start)
        for (first, one), (second, other) in pairwise(of_one):
            if other.start < one.end:
                number, earlier = max(first, second), min(first, second)
                detail = f"Prices {earlier} and {number} in {currency} are valid at the same time."
                return _invalid(number, prices[number], detail)
    return None


def _invalid(number: int, price: DatedPrice, detail: str) -> InvalidValidity:
    return InvalidValidity(detail=detail, pointer=f"/prices/{number}", currency=price.currency)
