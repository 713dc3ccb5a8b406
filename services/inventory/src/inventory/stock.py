"""What the commands of orders do to the stock, wherever it is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from typing_extensions import override

from inventory.commands.commit_stock import commit_stock
from inventory.commands.release_stock import release_stock
from inventory.commands.reserve_stock import reserve_stock
from inventory.domain import Request, Reservation, Status
from inventory.expiry import expire_due
from inventory.granted import Granted
from waybill.postgres import Transaction


class Stock(Protocol):
    """The stock of all SKUs, in one database (UndividedStock) or in several (DividedStock).

    `tx` is the transaction of the caller, in the first database: the answers are sent in it. A
    repeated call changes nothing and returns the same.
    """

    async def reserve(
        self, tx: Transaction, requests: Sequence[Request], *, now: datetime, expires_at: datetime
    ) -> Mapping[UUID, Reservation]:
        """Reserve units for orders, all units of an order or none; return what each has then."""
        ...

    async def commit(
        self, tx: Transaction, order_ids: Sequence[UUID], *, now: datetime
    ) -> Mapping[UUID, Status]:
        """Sell the reserved units of orders. Orders without a reservation are left out."""
        ...

    async def release(self, tx: Transaction, order_ids: Sequence[UUID], *, now: datetime) -> None:
        """Release the units of orders. A reservation that arrives later gets none."""
        ...

    async def expire_due(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Expire overdue reservations, and publish that: the `take` of a timer."""
        ...


class UndividedStock(Stock):
    """The stock is in the database of the caller, and changes in the caller's transaction."""

    def __init__(self) -> None:
        self._granted = Granted()

    @override
    async def reserve(
        self, tx: Transaction, requests: Sequence[Request], *, now: datetime, expires_at: datetime
    ) -> Mapping[UUID, Reservation]:
        return await reserve_stock(tx, requests, self._granted, now=now, expires_at=expires_at)

    @override
    async def commit(
        self, tx: Transaction, order_ids: Sequence[UUID], *, now: datetime
    ) -> Mapping[UUID, Status]:
        after = await commit_stock(tx, order_ids, self._granted, now=now)
        return {order_id: each.status for order_id, each in after.items()}

    @override
    async def release(self, tx: Transaction, order_ids: Sequence[UUID], *, now: datetime) -> None:
        await release_stock(tx, order_ids, now=now)

    @override
    async def expire_due(self, tx: Transaction, now: datetime, limit: int) -> int:
        return await expire_due(tx, now, limit)
