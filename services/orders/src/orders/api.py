"""The HTTP interface of orders: opens the transaction, calls the command, answers."""

from uuid import UUID

from pydantic.experimental.missing_sentinel import MISSING
from typing_extensions import override

from orders import queries
from orders.commands.cancel_order import cancel_order
from orders.commands.place_order import place_order
from orders.contract import models
from orders.contract.api import (
    CancelOrder202,
    CancelOrderResult,
    GetOrder200,
    GetOrderResult,
    GetOrderStory200,
    GetOrderStoryResult,
    ListOrders200,
    ListOrdersResult,
    ListPrices200,
    ListPricesResult,
    OrdersApi,
    PlaceOrder201,
    PlaceOrderResult,
)
from orders.contract.events import Sent
from orders.contract.problems import OrderNotFound
from orders.contract.shared import Money, Price
from orders.domain import Order
from waybill.clock import Clock
from waybill.database import Database, Transaction
from waybill.http import Call
from waybill.saga import Sagas


class Api(OrdersApi):
    """Implements the contract."""

    def __init__(self, database: Database, sagas: Sagas[Order, Sent], clock: Clock) -> None:
        self._database = database
        self._sagas = sagas
        self._clock = clock

    @override
    async def place_order(self, call: Call, body: models.PlaceOrder) -> PlaceOrderResult:
        async def run(tx: Transaction) -> PlaceOrderResult:
            placed = await place_order(tx, self._sagas, self._clock, body)
            if not isinstance(placed, Order):
                return placed
            return PlaceOrder201(_order(placed), location=f"/v1/orders/{placed.order_id}")

        return await call.once(self._database, run)

    @override
    async def cancel_order(self, call: Call, *, order_id: UUID) -> CancelOrderResult:
        async def run(tx: Transaction) -> CancelOrderResult:
            cancelled = await cancel_order(tx, self._sagas, order_id)
            return CancelOrder202(_order(cancelled)) if isinstance(cancelled, Order) else cancelled

        return await call.once(self._database, run)
