"""A cache of prices, which saves a read when an order is placed.

Entries may be stale. The INSERT of an order compares the versions of its lists with the database;
on a conflict, the order is placed again at prices that are read.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from orders import queries
from orders.price_lists import PriceList
from waybill.postgres import Transaction

KNOWN_MAX: Final = 20_000
"""The maximum number of SKUs; some megabytes."""


class KnownPrices:
    """The price lists that were read, up to a limit."""

    def __init__(self, most: int = KNOWN_MAX) -> None:
        self._most = most
        self._known: dict[str, PriceList] = {}

    async def find(self, tx: Transaction, skus: Iterable[str]) -> Mapping[str, PriceList]:
        """Return the price lists of those SKUs that have one.

        In an optimistic transaction they may be stale, if all of them are cached.
        """
        wanted = set(skus)
        if tx.optimistic and wanted <= self._known.keys():
            return {sku: self._known[sku] for sku in wanted}
        found = await queries.find_prices(tx, wanted)
        if len(self._known) + len(found) > self._most:
            self._known.clear()
        self._known |= found
        return found
