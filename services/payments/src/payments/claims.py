"""Claims provider calls in the statement that makes them due."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from payments.domain import Payment
from waybill.postgres import Transaction


class Claims:
    """The calls that one transaction claims for this process. They start after the commit.

    This process can claim at most `room` calls. Further due calls are left to other workers:
    `leave` is called with them once, at the end of the transaction.
    """

    def __init__(
        self,
        tx: Transaction,
        *,
        room: int,
        now: datetime,
        until: datetime,
        begin: Callable[[Sequence[Payment]], None],
        leave: Callable[[Transaction, list[Payment]], Awaitable[None]],
    ) -> None:
        self._tx = tx
        self._room = room
        self._now = now
        self._until = until
        self._begin = begin
        self._leave = leave
        self._claimed: set[UUID] = set()

    def claim(self, payment: Payment) -> Payment:
        """Count the attempt and lease the call if it is due now."""
        if payment.due_at != self._now or not self._room:
            return payment
        self._room -= 1
        self._claimed.add(payment.payment_id)
        return replace(payment, due_at=self._until, attempts=payment.attempts + 1)

    def written(self, payments: Iterable[Payment]) -> None:
        """Start the claimed calls of these payments after the commit, each once."""
        payments = list(payments)
        if claimed := [each for each in payments if each.payment_id in self._claimed]:
            self._claimed.clear()
            self._tx.after_commit(partial(self._begin, claimed))
        if left := [each for each in payments if each.due_at == self._now]:
            self._tx.defer(self._leave, left)
