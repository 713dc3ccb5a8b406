"""Prices as this process read them last: so that placing an order need not read them again.

They may have changed since. An order is only written when its prices are those that the database
has at that moment; otherwise it is placed again, at prices that are read.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from orders import queries
from orders.domain import Price
from waybill.postgres import Transaction

KNOWN_MAX: Final = 20_000
"""SKUs: some megabytes."""


class KnownPrices:
    """The prices that were asked for, up to a limit."""

    def __init__(self, most: int = KNOWN_MAX) -> None:
        self._most = most
        self._known: dict[str, Price] = {}

    async def find(self, tx: Transaction, skus: Iterable[str]) -> Mapping[str, Price]:
        """Return the prices of those SKUs that have one.

        In an optimistic transaction they may be out of date, if all of them are known.
        """
        wanted = set(skus)
        if tx.optimistic and wanted <= self._known.keys():
            return {sku: self._known[sku] for sku in wanted}
        found = await queries.find_prices(tx, wanted)
        if len(self._known) + len(found) > self._most:
            self._known.clear()
        self._known |= found
        return found
