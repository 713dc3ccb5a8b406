"""One database with a part of the stock. Every call is a transaction of its own there.

A call that was interrupted may have taken effect. Each can be repeated: the reservation of an order
in a part only moves forward, so a call that comes late or twice changes nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from inventory.commands.commit_stock import Committed, commit_stock
from inventory.commands.expire_reservations import expire_orders
from inventory.commands.release_stock import release_reservations, release_stock
from inventory.commands.reserve_stock import reserve_stock
from inventory.domain import Request, Reservation
from inventory.granted import Granted
from inventory.queries import find_due
from waybill.postgres import ConcurrencyConflictError, Database, Transaction

Result = TypeVar("Result")


class Part:
    """The part of the stock that is in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._granted = Granted()

    def find_granted(self, order_id: UUID) -> Request | None:
        """Return the lines that this process has reserved here, if it remembers them."""
        return self._granted.find(order_id)

    async def reserve(
        self, requests: Sequence[Request], now: datetime, expires_at: datetime
    ) -> Mapping[UUID, Reservation]:
        """See reserve_stock."""

        async def work(tx: Transaction) -> Mapping[UUID, Reservation]:
            return await reserve_stock(tx, requests, self._granted, now=now, expires_at=expires_at)

        return await self._run(work)

    async def commit(self, order_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Committed]:
        """See commit_stock."""

        async def work(tx: Transaction) -> Mapping[UUID, Committed]:
            return await commit_stock(tx, order_ids, self._granted, now=now)

        return await self._run(work)

    async def release(self, order_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Reservation]:
        """Release what these orders have here, and return what they had."""
        return await self._run(partial(release_reservations, order_ids=order_ids, now=now))

    async def refuse_later(self, order_ids: Sequence[UUID], now: datetime) -> None:
        """Release these orders, so that a reservation that arrives later gets nothing."""
        await self._run(partial(release_stock, order_ids=order_ids, now=now))

    async def expire(self, order_ids: Sequence[UUID], now: datetime) -> frozenset[UUID]:
        """Expire these orders, and return those that have expired here."""
        return await self._run(partial(expire_orders, order_ids=order_ids, now=now))

    async def due(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return at most `limit` orders with an overdue reservation here."""
        async with self.database.connection() as connection:
            return await find_due(connection, now, limit)

    async def _run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        try:
            async with self.database.transaction(optimistic=True) as tx:
                return await work(tx)
        except ConcurrencyConflictError:
            return await self.database.run(work)
