"""Commands on a real PostgreSQL, also concurrent ones."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from contextlib import suppress

import orjson
import pytest

from catalog.commands.add_variant import add_variant
from catalog.commands.create_product import create_product
from catalog.commands.set_price import set_price
from catalog.contract.problems import DuplicateSku, ProductNotFound, SkuTaken, VersionMismatch
from catalog.domain import Draft, Product, Variant
from catalog.prices import DatedPrice, ImpossiblePrice
from catalog.queries import find_product, find_variant, list_products
from waybill.ids import uuid7
from waybill.postgres import Database

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
PRICE = DatedPrice(255, "GBP")
DEARER = DatedPrice(275, "GBP")


def _drafts(*skus: str) -> list[Draft]:
    return [Draft(sku, None, PRICE) for sku in skus]


class _RollBackError(Exception):
    pass


async def _create(
    database: Database, *skus: str, name: str = "T-Light Holder"
) -> Product | DuplicateSku | SkuTaken | ImpossiblePrice:
    """Create a product as the API does: a problem rolls back."""
    created: Product | DuplicateSku | SkuTaken | ImpossiblePrice | None = None
    with suppress(_RollBackError):
        async with database.transaction() as tx:
            created = await create_product(tx, name, None, _drafts(*skus), now=NOW)
            if not isinstance(created, Product):
                raise _RollBackError
    assert created is not None
    return created


async def _sent(database: Database) -> Sequence[tuple[str, object]]:
    async with database.connection() as connection:
        rows = await connection.fetch("select type, payload from outbox order by position")
    return [(row["type"], orjson.loads(row["payload"])) for row in rows]


async def test_variants_keep_the_order_in_which_they_were_given(database: Database) -> None:
    created = await _create(database, "C", "A", "B")
    assert isinstance(created, Product)

    async with database.transaction() as tx:
        await add_variant(tx, created.product_id, Draft("0", "Red", DEARER), now=NOW)

    async with database.connection() as connection:
        found = await find_product(connection, created.product_id)
    assert found is not None
    assert [variant.sku for variant in found.variants] == ["C", "A", "B", "0"]


async def test_each_new_variant_is_published(database: Database) -> None:
    created = await _create(database, "A", "B")
    assert isinstance(created, Product)

    async with database.transaction() as tx:
        await add_variant(tx, created.product_id, Draft("C", "Red", DEARER), now=NOW)

    published = [
        ("A", "T-Light Holder", 255),
        ("B", "T-Light Holder", 255),
        ("C", "T-Light Holder, Red", 275),
    ]
    assert await _sent(database) == [
        (
            "catalog.variant-added.v1",
            {
                "sku": sku,
                "product_id": str(created.product_id),
                "name": name,
                "price": {"amount_minor": amount, "currency": "GBP"},
                "prices": [{"amount_minor": amount, "currency": "GBP"}],
                "version": 1,
            },
        )
        for sku, name, amount in published
    ]


async def test_a_product_is_refused_when_it_contains_a_sku_twice(database: Database) -> None:
    refused = await _create(database, "A", "B", "A")

    assert isinstance(refused, DuplicateSku)
    assert refused.sku == "A"
    assert await _sent(database) == []


async def test_a_product_is_refused_when_one_of_its_skus_exists(
    database: Database,
) -> None:
    await _create(database, "A")

    refused = await _create(database, "B", "A", name="Other")

    assert isinstance(refused, SkuTaken)
    assert refused.sku == "A"
    async with database.connection() as connection:
        assert await find_variant(connection, "B") is None
        products, has_more = await list_products(connection, None, 10)
    assert ([product.name for product in products], has_more) == (["T-Light Holder"], False)
    assert len(await _sent(database)) == 1


async def test_one_of_many_concurrent_products_gets_the_skus(database: Database) -> None:
    skus = [f"S{number}" for number in range(20)]

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_create(database, *(skus if number % 2 else reversed(skus))))
            for number in range(10)
        ]

    created = [each.result() for each in tasks if isinstance(each.result(), Product)]
    assert len(created) == 1
    assert all(isinstance(each.result(), Product | SkuTaken) for each in tasks)
    assert len(await _sent(database)) == 20


async def test_concurrent_variants_each_get_a_position(database: Database) -> None:
    created = await _create(database, "A")
    assert isinstance(created, Product)

    async def add(sku: str) -> None:
        async with database.transaction() as tx:
            added = await add_variant(tx, created.product_id, Draft(sku, None, PRICE), now=NOW)
        assert isinstance(added, Variant)

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(add(f"S{number}"))

    async with database.connection() as connection:
        found = await find_product(connection, created.product_id)
    assert found is not None
    assert len(found.variants) == 11


async def test_a_variant_is_refused_when_its_product_does_not_exist(database: Database) -> None:
    async with database.transaction() as tx:
        refused = await add_variant(tx, uuid7(), Draft("A", None, PRICE), now=NOW)

    assert isinstance(refused, ProductNotFound)


async def test_a_new_price_has_a_new_version_and_is_published(database: Database) -> None:
    await _create(database, "A")

    async with database.transaction() as tx:
        changed = await set_price(tx, "A", DEARER, if_match='"1"', now=NOW)

    assert isinstance(changed, Variant)
    assert (changed.prices, changed.version) == ((DEARER,), 2)
    async with database.connection() as connection:
        assert await find_variant(connection, "A") == changed
    price = {"amount_minor": 275, "currency": "GBP"}
    price_changed = (
        "catalog.price-changed.v1",
        {"sku": "A", "price": price, "prices": [price], "version": 2},
    )
    assert (await _sent(database))[-1] == price_changed


@pytest.mark.parametrize("if_match", ['"2"', '"0"', '"01"', f'"{10**30}"'])
async def test_a_price_is_refused_when_it_is_based_on_another_version(
    database: Database, if_match: str
) -> None:
    await _create(database, "A")

    async with database.transaction() as tx:
        refused = await set_price(tx, "A", DEARER, if_match=if_match, now=NOW)

    assert isinstance(refused, VersionMismatch)


async def test_one_price_is_set_when_many_are_based_on_the_same_version(
    database: Database,
) -> None:
    await _create(database, "A")

    async def change(amount: int) -> bool:
        price = DatedPrice(amount, "GBP")
        async with database.transaction() as tx:
            changed = await set_price(tx, "A", price, if_match='"1"', now=NOW)
        return isinstance(changed, Variant)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(change(amount)) for amount in range(10)]

    assert [each.result() for each in tasks].count(True) == 1
    assert len(await _sent(database)) == 2


async def test_a_page_of_products_with_many_variants_is_shorter(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("waybill.http.pages", "catalog.queries"):
        monkeypatch.setattr(f"{module}.PARTS_MAX", 2)
    for skus in ("ABC", "D", "E", "F"):
        await _create(database, *skus)

    pages, after, has_more = [], None, True
    async with database.connection() as connection:
        while has_more:
            products, has_more = await list_products(connection, after, 10)
            pages.append(["".join(each.sku for each in product.variants) for product in products])
            after = products[-1].product_id
    assert pages == [["ABC"], ["D", "E"], ["F"]]
