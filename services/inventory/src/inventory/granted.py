"""A cache of the reservations that this process made, which saves a read when they commit."""

from collections.abc import Iterable
from functools import partial
from typing import Final
from uuid import UUID

from inventory.domain import Request
from waybill.postgres import Transaction

REMEMBERED_MAX: Final = 4_096
"""More orders than wait for their commit at 1,000 orders a second; some megabytes."""


class Granted:
    """The latest reservations, and whether the stock was sufficient for all of them.

    Entries are used only in optimistic transactions, whose statements fail if a reservation is no
    longer open. An entry is removed when it is used, so a rollback leaves no stale entry.
    """

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        self._most = most
        self._requests: dict[UUID, Request] = {}
        self.is_short = False
        """Whether one of the last orders was refused. The next ones may be refused too, and then a
        conflict at the end of the transaction costs more than reading the stock first."""

    def find(self, order_id: UUID) -> Request | None:
        """Return the cached reservation of an order, which stays cached."""
        return self._requests.get(order_id)

    def take(self, order_ids: Iterable[UUID]) -> dict[UUID, Request]:
        """Remove and return the cached reservations of these orders."""
        found = ((order_id, self._requests.pop(order_id, None)) for order_id in order_ids)
        return {order_id: request for order_id, request in found if request is not None}

    def keep(self, tx: Transaction, requests: Iterable[Request]) -> None:
        """Cache granted requests after the commit; evict the oldest entries."""
        tx.after_commit(partial(self._put, list(requests)))

    def _put(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self._requests[request.order_id] = request
        while len(self._requests) > self._most:
            del self._requests[next(iter(self._requests))]
