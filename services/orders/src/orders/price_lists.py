"""The prices of a SKU: in several currencies, each valid from an instant until another one.

An order is priced by the list that the process knows, at the instant of placing. The INSERT of its
lines compares the version of the list with that in the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from waybill.money import Money


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A unit price, and when it is valid: None where there is no first or no last instant."""

    price: Money
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether an order that is placed at this instant gets the price; the end is exclusive."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class PriceList:
    """All prices of a SKU. A higher version is newer."""

    version: int
    prices: tuple[DatedPrice, ...]

    def price_in(self, currency: str, at: datetime) -> Money | None:
        """Return the price in a currency at an instant, if there is one."""
        for each in self.prices:
            if each.price.currency == currency and each.is_valid(at):
                return each.price
        return None

    def currencies_at(self, at: datetime) -> Sequence[str]:
        """Return the currencies that have a price at an instant."""
        return sorted({each.price.currency for each in self.prices if each.is_valid(at)})
