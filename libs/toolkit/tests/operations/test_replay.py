"""Replaying orders with a shop in memory."""

from collections import Counter
from collections.abc import Iterable

from typing_extensions import override

from waybill_toolkit.operations.workload.client import (
    APPROVED,
    Client,
    Line,
    Order,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import Outcome
from waybill_toolkit.operations.workload.replay import replay
from waybill_toolkit.operations.workload.service import RefusedError


class ShopInMemory(Client):
    """A shop that confirms every order at its second read."""

    def __init__(self) -> None:
        super().__init__("http://none:1", "http://none:2", "http://none:3")
        self.products: list[list[str]] = []
        self.stock: Counter[str] = Counter()
        self.adjustments: list[tuple[str, int]] = []
        self.orders: dict[str, Order] = {}
        self.references: dict[tuple[str, str], str] = {}
        self.refused: set[str] = set()
        self.looks: Counter[str] = Counter()

    @override
    async def create_product(self, name: str, variants: Iterable[Variant], key: str) -> None:
        self.products.append([variant.sku for variant in variants])

    @override
    async def catalogued_skus(self) -> set[str]:
        return {sku for product in self.products for sku in product}

    @override
    async def priced_skus(self) -> set[str]:
        return await self.catalogued_skus()

    @override
    async def units_on_hand(self) -> dict[str, int]:
        return dict(self.stock)

    @override
    async def add_stock(self, sku: str, units: int, key: str) -> None:
        self.adjustments.append((sku, units))
        self.stock[sku] += units

    @override
    async def place_order(self, wanted: WantedOrder) -> Order:
        if wanted.reference in self.refused:
            raise RefusedError(422, "unknown-sku", "orders responds with 422 unknown-sku: no")
        order = Order(f"id-{len(self.orders)}", "placed", None)
        self.orders[order.order_id] = order
        self.references[wanted.reference, wanted.customer_ref] = order.order_id
        for line in wanted.lines:
            self.stock[line.sku] -= line.quantity
        return order

    @override
    async def get_order(self, order_id: str) -> Order:
        self.looks[order_id] += 1
        if self.looks[order_id] == 2:
            self.orders[order_id] = Order(order_id, "confirmed", None)
        return self.orders[order_id]

    @override
    async def find_order(self, reference: str, customer_ref: str) -> Order | None:
        found = self.references.get((reference, customer_ref))
        return self.orders[found] if found else None


def order(reference: str, *skus: str) -> WantedOrder:
    return WantedOrder(reference, "c", "GBP", [Line(sku, 2) for sku in skus], APPROVED)


def variants(*skus: str) -> dict[str, Variant]:
    return {sku: Variant(sku, "", 100, "GBP") for sku in skus}


ORDERS = [order("1", "A", "B"), order("2", "A", "A"), order("3", "B")]


async def run(shop: ShopInMemory, orders: list[WantedOrder] = ORDERS) -> list[Outcome]:
    skus = {line.sku for each in orders for line in each.lines}
    return await replay(shop, orders, variants(*skus), concurrency=2)


def statuses(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(each.order.status if each.order else "refused" for each in outcomes)


async def test_what_the_orders_need_is_created_when_it_is_not_there() -> None:
    shop = ShopInMemory()
    outcomes = await run(shop)

    assert statuses(outcomes) == {"confirmed": 3}
    assert shop.products == [["A", "B"]]
    assert sorted(shop.adjustments) == [("A", 6), ("B", 4)]
    assert all(each.is_new and each.confirm_seconds for each in outcomes)


async def test_only_the_lack_is_added_when_some_units_are_there() -> None:
    shop = ShopInMemory()
    shop.stock.update({"A": 5, "B": 100})
    await run(shop)

    assert shop.adjustments == [("A", 1)]


async def test_nothing_is_placed_or_added_when_it_is_replayed_again() -> None:
    shop = ShopInMemory()
    await run(shop)
    added = list(shop.adjustments)

    outcomes = await run(shop)

    assert statuses(outcomes) == {"confirmed": 3}
    assert not any(each.is_new for each in outcomes)
    assert (len(shop.orders), shop.adjustments, len(shop.products)) == (3, added, 1)


async def test_only_the_rest_is_placed_when_the_first_replay_was_cut_off() -> None:
    shop = ShopInMemory()
    await run(shop, ORDERS[:1])

    outcomes = await run(shop)

    assert [each.is_new for each in sorted(outcomes, key=lambda each: each.wanted.reference)] == [
        False,
        True,
        True,
    ]


async def test_the_reference_of_another_customer_is_not_taken_for_ours() -> None:
    shop = ShopInMemory()
    shop.references["1", "another"] = "id-of-another"

    assert all(each.is_new for each in await run(shop))


async def test_the_others_are_placed_when_an_order_is_refused() -> None:
    shop = ShopInMemory()
    shop.refused.add("2")
    outcomes = await run(shop)

    assert statuses(outcomes) == {"confirmed": 2, "refused": 1}
    assert [each.refusal for each in outcomes if each.refusal] == [
        "orders responds with 422 unknown-sku: no"
    ]


async def test_products_have_no_more_variants_than_the_catalogue_takes() -> None:
    shop = ShopInMemory()
    await run(shop, [order("1", *(f"S{number}" for number in range(1001)))])

    assert [len(product) for product in shop.products] == [500, 500, 1]


async def test_order_is_returned_when_it_can_no_longer_change() -> None:
    shop = ShopInMemory()
    moving = await shop.place_order(order("1", "A"))

    assert await Poller(shop, patience_seconds=0).follow(moving) == moving
