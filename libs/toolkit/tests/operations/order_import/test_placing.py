"""Importing orders into a shop in memory."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from typing_extensions import override

from waybill_toolkit.operations.order_import.placing import import_orders
from waybill_toolkit.operations.order_import.reading import read_orders
from waybill_toolkit.operations.order_import.rows import HEADER
from waybill_toolkit.operations.order_import.rules import contract_rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.workload.client import CataloguedPrices, Order, Price, Variant
from waybill_toolkit.operations.workload.following import Poller

from .shop_in_memory import ShopInMemory


def row(
    order: str,
    sku: str,
    price: int = 100,
    *,
    quantity: int = 2,
    customer: str = "c",
    currency: str = "GBP",
    day: int = 1,
) -> str:
    return f"{order},2010-12-{day:02}T08:00:00Z,{customer},{sku},,{quantity},{price},{currency}"


ROWS = (row("1", "A"), row("1", "B"), row("2", "A"), row("2", "A"), row("3", "B"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def read(path: Path, rows: Iterable[str]) -> Spool:
    path.write_text("\n".join((HEADER, *rows)), "utf-8")
    rules = contract_rules()
    spool = Spool(rules.lines_max)
    read_orders(path, spool, rules)
    return spool


async def run(shop: ShopInMemory, path: Path, *rows: str, sets_prices: bool = False) -> Spool:
    """Import rows; the caller reads the outcomes."""
    spool = read(path, rows)
    await import_orders(shop, spool, sets_prices=sets_prices, concurrency=2)
    return spool


def reasons(spool: Spool) -> list[tuple[str, str]]:
    return [(reference, reason) for reference, _, reason in spool.findings.failed_orders()]


async def test_what_the_orders_need_is_created_when_it_is_not_there(path: Path) -> None:
    shop = ShopInMemory()
    spool = await run(shop, path, *ROWS)

    assert spool.findings.counts() == {("confirmed", True): 3}
    assert shop.products == [["A", "B"]]
    assert sorted(shop.adjustments) == [("A", 6), ("B", 4)]
    [gbp] = spool.findings.sums()
    assert gbp.in_file == gbp.placed == sum(shop.totals.values()) == 1000


async def test_only_the_lack_is_added_when_some_units_are_there(path: Path) -> None:
    shop = ShopInMemory()
    shop.stock.update({"A": 5, "B": 100})
    await run(shop, path, *ROWS)

    assert shop.adjustments == [("A", 1)]


async def test_nothing_is_placed_or_added_when_a_file_is_imported_again(path: Path) -> None:
    shop = ShopInMemory()
    await run(shop, path, *ROWS)
    added = list(shop.adjustments)
    await shop.set_price("A", Price(7, "GBP"), 1)

    spool = await run(shop, path, *ROWS)

    assert spool.findings.counts() == {("confirmed", False): 3}
    assert (len(shop.orders), shop.adjustments, len(shop.products)) == (3, added, 1)


async def test_only_the_rest_is_placed_when_the_first_import_was_cut_off(path: Path) -> None:
    shop = ShopInMemory()
    await run(shop, path, *ROWS[:2])

    spool = await run(shop, path, *ROWS)

    assert spool.findings.counts() == {("confirmed", False): 1, ("confirmed", True): 2}


async def test_two_customers_use_one_reference_in_two_files(path: Path) -> None:
    shop = ShopInMemory()
    await run(shop, path, row("1001", "A", customer="branch-a"))
    await run(shop, path, row("1001", "A", customer="branch-b", quantity=5))

    assert shop.totals == {("branch-a", "1001"): 200, ("branch-b", "1001"): 500}
    assert len({each.idempotency_key for each in shop.placed.values()}) == 2


async def test_an_order_is_refused_when_its_reference_has_other_lines(path: Path) -> None:
    shop = ShopInMemory()
    await run(shop, path, row("1", "A"))

    spool = await run(shop, path, row("1", "A", quantity=3), row("2", "A"))

    [(reference, reason)] = reasons(spool)
    assert reference == "1"
    assert "c already has an order 1 with other lines or prices, id-0" in reason
    assert shop.totals == {("c", "1"): 200, ("c", "2"): 200}


async def test_an_order_is_refused_when_the_catalogue_has_another_price(path: Path) -> None:
    shop = ShopInMemory()

    spool = await run(shop, path, row("1", "A", 1000), row("2", "A", 600), row("3", "A", 1000))

    assert reasons(spool) == [("2", "A costs 600 GBP in the file and 1000 in the catalogue")]
    assert shop.totals == {("c", "1"): 2000, ("c", "3"): 2000}
    assert shop.adjustments == [("A", 4)]
    [gbp] = spool.findings.sums()
    assert (gbp.in_file, gbp.placed) == (5200, 4000)


async def test_an_order_is_refused_when_the_catalogue_has_no_price_in_its_currency(
    path: Path,
) -> None:
    shop = ShopInMemory()
    await shop.create_product("A", [Variant("A", "", 100, "GBP")], "key")

    spool = await run(shop, path, row("1", "A"), row("2", "A", currency="EUR"))

    assert reasons(spool) == [("2", "A has no price in EUR in the catalogue")]


async def test_a_created_sku_has_the_first_price_in_each_currency(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill_toolkit.operations.order_import.placing.BATCH_LINES", 1)
    shop = ShopInMemory()
    rows = (row("1", "A"), row("2", "A", 90, currency="EUR"), row("3", "A", 80, currency="EUR"))

    spool = await run(shop, path, *rows)

    assert reasons(spool) == [("3", "A costs 80 EUR in the file and 90 in the catalogue")]
    assert shop.prices["A"].now == {"GBP": Price(100, "GBP"), "EUR": Price(90, "EUR")}


async def test_every_order_has_its_own_prices_when_the_catalogue_may_follow(path: Path) -> None:
    shop = ShopInMemory()
    rows = (
        row("1", "A", 1000), row("2", "A", 600, day=9), row("3", "A", 1000, day=2),
        row("4", "A", 590, currency="EUR"), row("5", "B"), row("2", "B", 90, day=9),
    )  # fmt: skip

    spool = await run(shop, path, *rows, sets_prices=True)

    assert spool.findings.counts() == {("confirmed", True): 5}
    assert [each.placed for each in spool.findings.sums()] == [1180, 5580]
    # The catalogue is left with the prices of the newest orders.
    assert shop.prices["A"].now == {"GBP": Price(600, "GBP"), "EUR": Price(590, "EUR")}
    assert shop.prices["B"].now == {"GBP": Price(90, "GBP")}


async def test_a_price_is_set_when_somebody_else_has_changed_it_meanwhile(path: Path) -> None:
    class Busy(ShopInMemory):
        @override
        async def catalogue(self) -> dict[str, CataloguedPrices]:
            read = await super().catalogue()
            await self.set_price("A", Price(5, "GBP"), 1)
            return read

    shop = Busy()
    await shop.create_product("A", [Variant("A", "", 9, "GBP")], "key")

    spool = await run(shop, path, row("1", "A"), sets_prices=True)

    assert spool.findings.counts() == {("confirmed", True): 1}


async def test_an_order_is_refused_when_it_has_a_sku_at_two_prices(path: Path) -> None:
    shop = ShopInMemory()

    spool = await run(
        shop, path, row("1", "A", 90), row("1", "A", 100), row("2", "A", 100), sets_prices=True
    )

    assert reasons(spool) == [
        ("1", "sku A has two prices, 90 and 100: an order has one price for each SKU")
    ]
    assert shop.totals == {("c", "2"): 200}


async def test_only_the_orders_of_a_refused_variant_fail(path: Path) -> None:
    shop = ShopInMemory()
    shop.refused_skus.add("B")

    spool = await run(shop, path, *ROWS, row("4", "C"))

    refusal = "catalog responds with 422 invalid-body: no"
    assert reasons(spool) == [("1", refusal), ("3", refusal)]
    assert set(shop.totals) == {("c", "2"), ("c", "4")}


async def test_the_others_are_placed_when_orders_refuses_one(path: Path) -> None:
    shop = ShopInMemory()
    shop.refused_references.add("2")
    spool = await run(shop, path, *ROWS)

    assert reasons(spool) == [("2", "orders responds with 422 price-changed: no")]
    assert set(shop.totals) == {("c", "1"), ("c", "3")}


async def test_products_have_no_more_variants_than_the_catalogue_takes(path: Path) -> None:
    shop = ShopInMemory()
    await run(shop, path, *(row(str(n // 900), f"S{n}") for n in range(1001)))

    assert [len(product) for product in shop.products] == [500, 500, 1]


async def test_a_key_is_the_same_for_the_same_content_only(path: Path) -> None:
    keys = set()
    for each in (row("1", "A"), row("1", "A", 101), row("1", "A", quantity=3), row("1", "A")):
        shop = ShopInMemory()
        await run(shop, path, each)
        keys |= {wanted.idempotency_key for wanted in shop.placed.values()}

    assert len(keys) == 3


async def test_order_is_returned_when_it_can_no_longer_change(path: Path) -> None:
    shop = ShopInMemory()
    await run(shop, path, row("1", "A"))
    moving = Order("id-0", "placed", None)

    assert await Poller(shop, patience_seconds=0).follow(moving) == moving
