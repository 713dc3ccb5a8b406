"""A cache of payments as this process last wrote them, which saves a read for the next command.

Entries may be stale. They are used only in optimistic transactions, where `store.save` fails if a
payment has changed. An entry is removed when it is used, so a rollback leaves no stale entry.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final
from uuid import UUID

from payments.contract.models import PaymentStatus
from payments.domain import Payment
from waybill.postgres import Transaction

REMEMBERED_MAX: Final = 4_096
"""More payments than wait for their next command at 1,000 orders a second; some megabytes."""


class Memory:
    """The payments that were authorized last and wait to be captured."""

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        self._most = most
        self._payments: dict[UUID, Payment] = {}

    def take(self, order_ids: Iterable[UUID]) -> dict[UUID, Payment]:
        """Remove and return the cached payments of these orders, by order."""
        found = ((order_id, self._payments.pop(order_id, None)) for order_id in order_ids)
        return {order_id: payment for order_id, payment in found if payment is not None}

    def keep(self, tx: Transaction, payments: Iterable[Payment]) -> None:
        """Cache the authorized payments after the commit; evict the oldest entries."""
        authorized = [each for each in payments if each.status is PaymentStatus.AUTHORIZED]
        if authorized:
            tx.after_commit(partial(self._put, authorized))

    def _put(self, payments: Iterable[Payment]) -> None:
        for payment in payments:
            self._payments.pop(payment.order_id, None)
            self._payments[payment.order_id] = payment
        while len(self._payments) > self._most:
            del self._payments[next(iter(self._payments))]
