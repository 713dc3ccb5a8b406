"""The reservations that this process has made, so that selling them need not read them again."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final
from uuid import UUID

from inventory.domain import Request
from waybill.postgres import Transaction

REMEMBERED_MAX: Final = 4_096
"""Orders: more than wait to be sold at 1,000 a second, and some megabytes."""


class Granted:
    """The reservations that were made last, and whether there was enough for all.

    What is remembered is only relied on in optimistic transactions, whose statements fail when a
    reservation is not open any more. An entry is taken out when it is used, so nothing has to be
    taken back after a rollback.
    """

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        self._most = most
        self._units: dict[UUID, Mapping[str, int]] = {}
        self.is_short = False
        """Whether one of the last orders got nothing. Then the next ones may not either, and
        finding that out at the end costs more than reading the stock first."""

    def take(self, order_ids: Iterable[UUID]) -> dict[UUID, Mapping[str, int]]:
        """Take out those of the orders that are remembered: units by SKU."""
        found = ((order_id, self._units.pop(order_id, None)) for order_id in order_ids)
        return {order_id: units for order_id, units in found if units is not None}

    def keep(self, tx: Transaction, requests: Iterable[Request]) -> None:
        """Remember, after the commit, requests that were granted; forget the oldest ones."""
        tx.after_commit(partial(self._put, list(requests)))

    def _put(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self._units[request.order_id] = request.units
        while len(self._units) > self._most:
            del self._units[next(iter(self._units))]
