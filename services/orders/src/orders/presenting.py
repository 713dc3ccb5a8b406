"""The lines and totals of an order, as its responses and its events have them."""

from typing import NamedTuple, Self

from orders.contract.shared import Amounts, OrderLine, Price, TaxTotal, Totals
from orders.domain import Order
from orders.totals import taxes_of


class Presented(NamedTuple):
    """An order, with what both its response and its event have."""

    order: Order
    lines: list[OrderLine]
    totals: Totals

    @classmethod
    def of(cls, order: Order) -> Self:
        """Compute it."""
        return cls(order, lines_of(order), totals_of(order))


def lines_of(order: Order) -> list[OrderLine]:
    """Return the lines of an order."""
    lines = []
    for line in order.lines:
        amounts = line.amounts(prices_include_tax=order.prices_include_tax)
        lines.append(
            OrderLine(
                sku=line.sku,
                quantity=line.quantity,
                unit_price=Price(amount_minor=line.unit_price_minor, currency=order.currency),
                discount_minor=line.discount_minor,
                tax_rate_ppm=line.tax_rate_ppm,
                net_minor=amounts.net_minor,
                tax_minor=amounts.tax_minor,
                gross_minor=amounts.gross_minor,
            )
        )
    return lines


def totals_of(order: Order) -> Totals:
    """Return what an order with all of its lines costs."""
    amounts, shipping = order.amounts, order.shipping
    return Totals(
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        lines_minor=sum(line.quantity * line.unit_price_minor for line in order.lines),
        discounts_minor=sum(line.discount_minor for line in order.lines),
        shipping=Amounts(
            net_minor=shipping.net_minor,
            tax_minor=shipping.tax_minor,
            gross_minor=shipping.gross_minor,
        ),
        taxes=[
            TaxTotal(rate_ppm=each.rate_ppm, net_minor=each.net_minor, tax_minor=each.tax_minor)
            for each in taxes_of(order.lines, prices_include_tax=order.prices_include_tax)
        ],
        net_minor=amounts.net_minor,
        tax_minor=amounts.tax_minor,
        gross_minor=amounts.gross_minor,
    )
