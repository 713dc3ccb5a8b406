"""A fake of the services that an import calls."""

from collections import Counter
from collections.abc import Iterable, Mapping

from typing_extensions import override

from waybill_toolkit.operations.workload.client import (
    CataloguedPrices,
    Client,
    Order,
    PlacedOrder,
    Price,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.service import RefusedError


class ShopInMemory(Client):
    """A shop that confirms every order at its second read."""

    def __init__(self) -> None:
        super().__init__("http://none:1", "http://none:2", "http://none:3")
        self.products: list[list[str]] = []
        self.prices: dict[str, CataloguedPrices] = {}
        self.stock: Counter[str] = Counter()
        self.adjustments: list[tuple[str, int]] = []
        self.orders: dict[str, Order] = {}
        self.placed: dict[str, WantedOrder] = {}
        self.refused_skus: set[str] = set()
        self.refused_references: set[str] = set()
        self.reads: Counter[str] = Counter()

    @property
    def totals(self) -> dict[tuple[str, str], int]:
        """The totals of the orders by customer and reference."""
        return {
            (each.customer_ref, each.reference): sum(
                line.quantity * (line.unit_price_minor or 0) for line in each.lines
            )
            for each in self.placed.values()
        }

    @override
    async def create_product(self, name: str, variants: Iterable[Variant], key: str) -> None:
        made = list(variants)
        if any(variant.sku in self.refused_skus for variant in made):
            raise RefusedError(422, "invalid-body", "catalog responds with 422 invalid-body: no")
        self.products.append([variant.sku for variant in made])
        for each in made:
            price = Price(each.amount_minor, each.currency)
            self.prices[each.sku] = CataloguedPrices({each.currency: price}, 1)

    @override
    async def catalogue(self) -> dict[str, CataloguedPrices]:
        return dict(self.prices)

    @override
    async def catalogued_prices(self, sku: str) -> CataloguedPrices:
        return self.prices[sku]

    @override
    async def set_price(self, sku: str, price: Price, version: int) -> CataloguedPrices:
        if self.prices[sku].version != version:
            raise RefusedError(412, "version-mismatch", "catalog responds with 412")
        now = {**self.prices[sku].now, price.currency: price}
        self.prices[sku] = CataloguedPrices(now, version + 1)
        return self.prices[sku]

    @override
    async def known_prices(self) -> dict[str, Mapping[str, Price]]:
        return {sku: each.now for sku, each in self.prices.items()}

    @override
    async def units_on_hand(self) -> dict[str, int]:
        return dict(self.stock)

    @override
    async def add_stock(self, sku: str, units: int, key: str) -> None:
        self.adjustments.append((sku, units))
        self.stock[sku] += units

    @override
    async def place_order(self, wanted: WantedOrder) -> Order:
        if wanted.reference in self.refused_references:
            raise RefusedError(422, "price-changed", "orders responds with 422 price-changed: no")
        for line in wanted.lines:
            price = Price(line.unit_price_minor or 0, wanted.currency)
            assert self.prices[line.sku].now[wanted.currency] == price
            self.stock[line.sku] -= line.quantity
        order = Order(f"id-{len(self.orders)}", "placed", None)
        self.orders[order.order_id] = order
        self.placed[order.order_id] = wanted
        return order

    @override
    async def get_order(self, order_id: str) -> Order:
        self.reads[order_id] += 1
        if self.reads[order_id] == 2:
            self.orders[order_id] = Order(order_id, "confirmed", None)
        return self.orders[order_id]

    @override
    async def find_orders(self, reference: str, customer_ref: str) -> list[PlacedOrder]:
        return [
            PlacedOrder(self.orders[order_id], each.currency, each.lines)
            for order_id, each in self.placed.items()
            if (each.reference, each.customer_ref) == (reference, customer_ref)
        ]
