"""The catalogue during an import: one price for each SKU at a time.

An order of a history has the prices of its day, so the orders are placed in rounds: those of one
round agree on the price of each SKU. Without permission to set prices there is one round, at the
prices that the catalogue has, and orders with other prices are refused.
"""

from collections.abc import Callable, Iterable, Mapping

from waybill_toolkit.operations.order_import.spool import SpooledOrder
from waybill_toolkit.operations.workload.client import (
    VARIANTS_MAX,
    CataloguedPrice,
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


class OrderRefusedError(Exception):
    """An order cannot be placed at its prices; the message is the reason."""


class Catalogue:
    """The prices of the catalogue and of the current round."""

    def __init__(self, client: Client, *, sets_prices: bool) -> None:
        self._client = client
        self._sets_prices = sets_prices
        self._catalogued: dict[str, CataloguedPrice] = {}
        self._round: dict[str, Price] = {}
        self._refusals: dict[tuple[str, Price], str] = {}
        """Why the catalogue has refused a SKU at a price."""

    async def load(self) -> None:
        """Read the catalogue. Raises UnreachableError."""
        self._catalogued = await self._client.catalogued_prices()

    def begin_round(self) -> None:
        """Forget the prices of the last round."""
        self._round = {}

    def take(self, order: SpooledOrder) -> bool:
        """Add an order to the round, or return False: it belongs to a later round.

        Raises OrderRefusedError when no round can have it.
        """
        prices = _prices_of(order)
        self.check(order)
        for sku, wanted in prices.items():
            price = self._price_now(sku)
            if price is not None and price != wanted:
                if self._sets_prices:
                    return False
                raise OrderRefusedError(_difference(sku, wanted, price))
        self._round |= prices
        return True

    def check(self, order: SpooledOrder) -> None:
        """Raise OrderRefusedError if the catalogue has refused a price of the order."""
        for price in _prices_of(order).items():
            if reason := self._refusals.get(price):
                raise OrderRefusedError(reason)

    async def prepare(self, orders: Iterable[SpooledOrder], name_of: Callable[[str], str]) -> None:
        """Create the SKUs of these orders, or set their prices.

        Returns when orders knows the prices. Refused ones are found by `check`. Raises
        UnreachableError.
        """
        prices: dict[str, Price] = {}
        for order in orders:
            prices |= _prices_of(order)
        missing = {sku: price for sku, price in prices.items() if sku not in self._catalogued}
        changed = {
            sku: price
            for sku, price in prices.items()
            if sku in self._catalogued and self._catalogued[sku].price != price
        }
        variants = [
            Variant(sku, name_of(sku), price.amount_minor, price.currency)
            for sku, price in missing.items()
        ]
        for batch in batches(variants, VARIANTS_MAX):
            await self._create(batch)
        await self.set_prices(changed)
        await wait_for_prices(
            self._client,
            {
                sku: price if self._sets_prices else None
                for sku, price in prices.items()
                if (sku, price) not in self._refusals
            },
        )

    async def set_prices(self, prices: Mapping[str, Price]) -> None:
        """Set prices that differ. Raises UnreachableError."""

        async def set_one(item: tuple[str, Price]) -> None:
            sku, price = item
            try:
                await self._set_price(sku, price)
            except RefusedError as error:
                self._refusals[item] = str(error)

        await for_each(prices.items(), set_one, CONCURRENCY)

    def _price_now(self, sku: str) -> Price | None:
        """Return the price that an order gets in this round; None if it may choose."""
        if sku in self._round:
            return self._round[sku]
        if self._sets_prices or sku not in self._catalogued:
            return None
        return self._catalogued[sku].price

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
                self._catalogued[sku] = await self._client.catalogued_price(sku)
            else:
                self._refusals[variants[0].sku, _price_of(variants[0])] = str(error)
            return
        for each in variants:
            self._catalogued[each.sku] = CataloguedPrice(_price_of(each), 1)

    async def _set_price(self, sku: str, price: Price) -> None:
        known = self._catalogued[sku]
        while known.price != price:
            try:
                known = await self._client.set_price(sku, price, known.version)
            except RefusedError as error:
                if error.slug != "version-mismatch":
                    raise
                known = await self._client.catalogued_price(sku)
        self._catalogued[sku] = known


def _prices_of(order: SpooledOrder) -> dict[str, Price]:
    currency = order.wanted.currency
    return {
        line.sku: Price(line.unit_price_minor, currency)
        for line in order.wanted.lines
        if line.unit_price_minor is not None
    }


def _price_of(variant: Variant) -> Price:
    return Price(variant.amount_minor, variant.currency)


def _difference(sku: str, wanted: Price, price: Price) -> str:
    if wanted.currency != price.currency:
        return (
            f"{sku} has its price in {price.currency} in the catalogue, and the order is in "
            f"{wanted.currency}: a SKU has one price at a time"
        )
    return (
        f"{sku} costs {wanted.amount_minor} {wanted.currency} in the file and "
        f"{price.amount_minor} in the catalogue"
    )
