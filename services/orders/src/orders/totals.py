"""What the lines of an order cost, and the order: without tax, the tax, and both together.

The amounts of the lines and of shipping sum to those of the order, each of the three by itself. All
are whole numbers of the smallest unit of the currency of the order.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Amounts(NamedTuple):
    """An amount without its tax, the tax, and both together."""

    net_minor: int
    tax_minor: int
    gross_minor: int


class TaxTotal(NamedTuple):
    """What is taxed at one rate, and the tax of it."""

    rate_ppm: int
    net_minor: int
    tax_minor: int


NOTHING = Amounts(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one SKU at the price when the order was placed."""

    sku: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    """What is taken off the quantity at its unit price."""
    tax_rate_ppm: int = 0
    tax_minor: int = 0

    def amounts(self, *, prices_include_tax: bool) -> Amounts:
        """Return what the customer pays for the line."""
        paid = self.quantity * self.unit_price_minor - self.discount_minor
        if prices_include_tax:
            return Amounts(paid - self.tax_minor, self.tax_minor, paid)
        return Amounts(paid, self.tax_minor, paid + self.tax_minor)


def total_of(lines: Iterable[Line], shipping: Amounts, *, prices_include_tax: bool) -> Amounts:
    """Return what an order costs."""
    net, tax, gross = shipping
    for line in lines:
        of_line = line.amounts(prices_include_tax=prices_include_tax)
        net += of_line.net_minor
        tax += of_line.tax_minor
        gross += of_line.gross_minor
    return Amounts(net, tax, gross)


def taxes_of(lines: Iterable[Line], *, prices_include_tax: bool) -> Sequence[TaxTotal]:
    """Return what the lines have at each of their rates, the lowest first."""
    nets: defaultdict[int, int] = defaultdict(int)
    taxes: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        nets[line.tax_rate_ppm] += line.amounts(prices_include_tax=prices_include_tax).net_minor
        taxes[line.tax_rate_ppm] += line.tax_minor
    return [TaxTotal(rate, nets[rate], taxes[rate]) for rate in sorted(nets)]
