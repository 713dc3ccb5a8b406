"""The HTTP interface of inventory."""

from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Final
from uuid import UUID

from pydantic import MISSING
from typing_extensions import override

from inventory import queries
from inventory.commands.adjust_stock import adjust_stock
from inventory.contract import api, models
from inventory.contract.problems import ReservationNotFound, StockNotFound
from inventory.databases import StockDatabases
from inventory.domain import StockLevel
from waybill.clock import Clock
from waybill.http import Call, Owner
from waybill.http.pages import Cursor, split_page
from waybill.http.problems import Problem
from waybill.postgres import Transaction

_STOCK: Final = Cursor(str)


class Api(api.InventoryApi):
    """Implements the generated interface."""

    def __init__(self, databases: StockDatabases, clock: Clock) -> None:
        self._databases = databases
        self._clock = clock

    @override
    async def list_stock(
        self, call: Call, *, cursor: str | None, limit: int
    ) -> api.ListStockResult:
        after = _STOCK.decode(cursor)
        # Each database has SKUs of its own, in the same order: "C" sorts as Python does.
        pages = await self._databases.read(
            lambda connection: queries.list_stock(connection, after, limit + 1)
        )
        found = list(islice(merge(*pages, key=attrgetter("sku")), limit + 1))
        levels, last = split_page(found, limit)
        return api.ListStock200(
            body=models.StockPage(
                items=[_level(level) for level in levels],
                next_cursor=_STOCK.encode(last.sku) if last else None,
            )
        )

    @override
    async def get_stock(self, call: Call, *, sku: str) -> api.GetStockResult:
        async with self._databases.of(sku).connection() as connection:
            level = await queries.find_stock(connection, sku)
        if level is None:
            return StockNotFound(detail=f"SKU {sku} has no stock.")
        return api.GetStock200(body=_level(level))

    @override
    async def adjust_stock(
        self, call: Call, body: models.AdjustStock, *, sku: str
    ) -> api.AdjustStockResult:
        async def run(tx: Transaction) -> api.AdjustStockResult:
            now = self._clock.now()
            level = await adjust_stock(tx, sku, body.delta, body.reason, now=now)
            if isinstance(level, Problem):
                return level
            return api.AdjustStock201(body=_level(level))

        return await call.idempotent(self._databases.of(sku), run)

    @override
    async def get_reservation(
        self, call: Call, *, owner: Owner, order_id: UUID
    ) -> api.GetReservationResult:
        views = await self._databases.read(
            lambda connection: queries.find_reservation(connection, order_id, owner)
        )
        found = queries.join_reservations([view for view in views if view is not None])
        if found is None:
            return ReservationNotFound(detail=f"Order {order_id} has no reservation.")
        return api.GetReservation200(
            body=models.Reservation(
                order_id=found.order_id,
                customer_ref=MISSING if found.customer_ref is None else found.customer_ref,
                status=models.ReservationStatus(found.status),
                lines=[
                    models.ReservedLine(sku=sku, quantity=quantity) for sku, quantity in found.lines
                ],
                expires_at=found.expires_at,
            )
        )


def _level(level: StockLevel) -> models.StockLevel:
    return models.StockLevel(
        sku=level.sku,
        on_hand=level.on_hand,
        reserved=level.reserved,
        committed=level.committed,
    )
