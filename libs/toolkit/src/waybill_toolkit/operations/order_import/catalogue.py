"""The catalogue during an import: one price for each SKU and currency at a time.

An order of a history has the prices of its day, so the orders are placed in rounds: those of one
round agree on the price of each SKU in each currency. Without permission to set prices there is one
round, at the prices that the catalogue has, and orders with other prices are refused.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from waybill_toolkit.operations.order_import.spool import SpooledOrder
from waybill_toolkit.operations.workload.client import (
    VARIANTS_MAX,
    CataloguedPrices,
    Client,
    Price,
    Variant,
)
from waybill_toolkit.operations.workload.seeding import (
    CONCURRENCY,
    add_variants,
    batches,
    wait_for_prices,
)
from waybill_toolkit.operations.workload.service import RefusedError
from waybill_toolkit.operations.workload.tasks import for_each

Place: TypeAlias = tuple[str, str]
"""A SKU and a currency: what has one price at a time."""


class OrderRefusedError(Exception):
    """An order cannot be placed at its prices; the message is the reason."""


class Catalogue:
    """The prices of the catalogue and of the current round."""

    def __init__(self, client: Client, *, sets_prices: bool) -> None:
        self._client = client
        self._sets_prices = sets_prices
        self._catalogued: dict[str, CataloguedPrices] = {}
        self._created: set[str] = set()
        """The SKUs of which this import decides the price in each currency."""
        self._round: dict[Place, Price] = {}
        self._refusals: dict[tuple[str, Price], str] = {}
        """Why the catalogue has refused a SKU at a price."""

    async def load(self) -> None:
        """Read the catalogue. Raises UnreachableError."""
        self._catalogued = await self._client.catalogue()

    def begin_round(self) -> None:
        """Forget the prices of the last round."""
        self._round = {}

    def take(self, order: SpooledOrder) -> bool:
        """Add an order to the round, or return False: it belongs to a later round.

        Raises OrderRefusedError when no round can have it.
        """
        prices = _prices_of(order)
        self.check(order)
        for (sku, currency), wanted in prices.items():
            price = self._price_now(sku, currency)
            if price is not None and price != wanted:
                if self._sets_prices:
                    return False
                raise OrderRefusedError(
                    f"{sku} costs {wanted.amount_minor} {currency} in the file and "
                    f"{price.amount_minor} in the catalogue"
                )
        self._round |= prices
        return True

    def check(self, order: SpooledOrder) -> None:
        """Raise OrderRefusedError if the catalogue has refused a price of the order."""
        for (sku, _), price in _prices_of(order).items():
            if reason := self._refusals.get((sku, price)):
                raise OrderRefusedError(reason)

    async def prepare(self, orders: Iterable[SpooledOrder], name_of: Callable[[str], str]) -> None:
        """Create the SKUs of these orders, or set their prices.

        Returns when orders knows the prices. Refused ones are found by `check`. Raises
        UnreachableError.
        """
        prices: dict[Place, Price] = {}
        for order in orders:
            prices |= _prices_of(order)
        first = {sku: price for (sku, _), price in reversed(prices.items())}
        variants = [
            Variant(sku, name_of(sku), price.amount_minor, price.currency)
            for sku, price in first.items()
            if sku not in self._catalogued
        ]
        for batch in batches(variants, VARIANTS_MAX):
            await self._create(batch)
        await self.set_prices((sku, price) for (sku, _), price in prices.items())
        known: defaultdict[str, list[Price]] = defaultdict(list)
        for (sku, _), price in prices.items():
            if (sku, price) not in self._refusals:
                known[sku].append(price)
        await wait_for_prices(self._client, known)

    async def set_prices(self, prices: Iterable[tuple[str, Price]]) -> None:
        """Set those prices that differ, of SKUs that the catalogue has. Raises UnreachableError."""
        changed: defaultdict[str, list[Price]] = defaultdict(list)
        for sku, price in prices:
            if sku in self._catalogued and not self._has(sku, price):
                changed[sku].append(price)

        async def set_all(item: tuple[str, Collection[Price]]) -> None:
            sku, of_sku = item
            for price in of_sku:
                try:
                    await self._set_price(sku, price)
                except RefusedError as error:
                    self._refusals[sku, price] = str(error)

        await for_each(changed.items(), set_all, CONCURRENCY)

    def _has(self, sku: str, price: Price) -> bool:
        return self._catalogued[sku].now.get(price.currency) == price

    def _price_now(self, sku: str, currency: str) -> Price | None:
        """Return the price that an order gets in this round; None if it may choose.

        Raises OrderRefusedError when it gets none.
        """
        if (sku, currency) in self._round:
            return self._round[sku, currency]
        if self._sets_prices or sku not in self._catalogued:
            return None
        price = self._catalogued[sku].now.get(currency)
        if price is None and sku not in self._created:
            raise OrderRefusedError(f"{sku} has no price in {currency} in the catalogue")
        return price

    async def _create(self, variants: list[Variant]) -> None:
        """Create the variants of one product. When some are refused, find them by halves."""
        try:
            await add_variants(self._client, variants)
        except RefusedError as error:
            half = len(variants) // 2
            if half:
                await self._create(variants[:half])
                await self._create(variants[half:])
            elif error.slug == "sku-taken":  # by somebody else, since the catalogue was read
                sku = variants[0].sku
                self._catalogued[sku] = await self._client.catalogued_prices(sku)
            else:
                self._refusals[variants[0].sku, _price_of(variants[0])] = str(error)
            return
        for each in variants:
            price = _price_of(each)
            self._catalogued[each.sku] = CataloguedPrices({price.currency: price}, 1)
            self._created.add(each.sku)

    async def _set_price(self, sku: str, price: Price) -> None:
        while not self._has(sku, price):
            version = self._catalogued[sku].version
            try:
                self._catalogued[sku] = await self._client.set_price(sku, price, version)
            except RefusedError as error:
                if error.slug != "version-mismatch":
                    raise
                self._catalogued[sku] = await self._client.catalogued_prices(sku)


def _prices_of(order: SpooledOrder) -> Mapping[Place, Price]:
    currency = order.wanted.currency
    return {
        (line.sku, currency): Price(line.unit_price_minor, currency)
        for line in order.wanted.lines
        if line.unit_price_minor is not None
    }


def _price_of(variant: Variant) -> Price:
    return Price(variant.amount_minor, variant.currency)
