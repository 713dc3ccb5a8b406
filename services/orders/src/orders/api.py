"""The HTTP interface of orders: opens transactions and calls commands and queries."""

import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pydantic import MISSING
from typing_extensions import override

from orders import price_lists, queries
from orders.commands.cancel_order import cancel_order
from orders.commands.place_orders import place_orders
from orders.contract import models
from orders.contract.api import (
    CancelOrder202,
    CancelOrderResult,
    FollowOrder200,
    FollowOrder204,
    FollowOrderResult,
    GetOrder200,
    GetOrderHistory200,
    GetOrderHistoryResult,
    GetOrderResult,
    ListOrders200,
    ListOrdersResult,
    ListPrices200,
    ListPricesResult,
    OrdersApi,
    PlaceOrder201,
    PlaceOrderResult,
)
from orders.contract.problems import OrderNotFound, TooManyStreams
from orders.contract.shared import DatedPrice
from orders.domain import Order
from orders.following import FINAL, Followers, as_model
from orders.known_prices import KnownPrices
from orders.metrics import REFUSED
from orders.presenting import Presented
from waybill.clock import Clock
from waybill.http import BatchedOperation, BatchedRequest, Call, Owner
from waybill.http.pages import Cursor, split_page
from waybill.http.problems import Problem, ProblemError, Unavailable
from waybill.postgres import Database, Transaction
from waybill.saga import Sagas
from waybill.sealing import SealingError, Seals

_log: Final = logging.getLogger(__name__)

_ORDERS: Final = Cursor(UUID)
_PRICES: Final = Cursor(str)


class Api(OrdersApi):
    """Implements the generated interface."""

    def __init__(
        self,
        database: Database,
        sagas: Sagas,
        clock: Clock,
        seals: Seals,
        followers: Followers,
    ) -> None:
        self._database = database
        self._sagas = sagas
        self._clock = clock
        self._seals = seals
        self._followers = followers
        self._prices = KnownPrices()
        self._placing = BatchedOperation(database, self._place_orders)

    @override
    async def place_order(self, call: Call, body: models.PlaceOrder) -> PlaceOrderResult:
        placed = await self._placing.run(call, body)
        if isinstance(placed, Problem):
            REFUSED.labels(placed.slug).inc()
        return placed

    async def _place_orders(
        self, tx: Transaction, requests: Sequence[BatchedRequest[models.PlaceOrder]]
    ) -> Sequence[PlaceOrderResult]:
        try:
            placed = await place_orders(
                tx, self._sagas, self._prices, requests, clock=self._clock, seals=self._seals
            )
        except SealingError as error:
            _log.error("orders cannot be accepted, WAYBILL_TOKEN_KEYS: %s", error)
            detail = "Payment tokens cannot be encrypted at the moment; try again later."
            raise ProblemError(Unavailable(detail=detail)) from error
        return [
            PlaceOrder201(body=_body(each), location=f"/v1/orders/{each.order.order_id}")
            if isinstance(each, Presented)
            else each
            for each in placed
        ]

    @override
    async def cancel_order(self, call: Call, *, owner: Owner, order_id: UUID) -> CancelOrderResult:
        async def run(tx: Transaction) -> CancelOrderResult:
            cancelled = await cancel_order(tx, self._sagas, order_id, owner)
            return (
                CancelOrder202(body=_order(cancelled))
                if isinstance(cancelled, Order)
                else cancelled
            )

        return await call.idempotent(self._database, run)

    @override
    async def get_order(self, call: Call, *, owner: Owner, order_id: UUID) -> GetOrderResult:
        async with self._database.connection() as connection:
            order = await queries.get_order(connection, order_id, owner)
        return GetOrder200(body=_order(order)) if order else _not_found(order_id)

    @override
    async def list_orders(
        self,
        call: Call,
        *,
        cursor: str | None,
        limit: int,
        status: models.OrderStatus | None,
        customer_ref: str | None,
        reference: str | None,
    ) -> ListOrdersResult:
        before = _ORDERS.decode(cursor)
        async with self._database.connection() as connection:
            page, has_more = await queries.list_orders(
                connection,
                before=before,
                limit=limit,
                status=status,
                customer_ref=customer_ref,
                reference=reference,
            )
        next_cursor = _ORDERS.encode(page[-1].order_id) if has_more else None
        return ListOrders200(
            body=models.OrderPage(items=list(map(_order, page)), next_cursor=next_cursor)
        )

    @override
    async def get_order_history(
        self, call: Call, *, owner: Owner, order_id: UUID
    ) -> GetOrderHistoryResult:
        async with self._database.connection() as connection:
            history = await queries.get_history(connection, order_id, owner)
        if not history:
            return _not_found(order_id)
        transitions = list(map(as_model, history))
        return GetOrderHistory200(
            body=models.OrderHistory(order_id=order_id, transitions=transitions)
        )

    @override
    async def follow_order(
        self, call: Call, *, owner: Owner, order_id: UUID, last_event_id: int | None
    ) -> FollowOrderResult:
        async with self._database.connection() as connection:
            history = await queries.get_history(connection, order_id, owner)
            progress = await queries.get_progress(connection, [order_id])
        if not history:
            return _not_found(order_id)
        after = last_event_id or 0
        if progress[order_id].status in FINAL and after >= history[-1].number:
            return FollowOrder204()
        caller = call.principal.subject
        if self._followers.has_enough(caller):
            return TooManyStreams(detail="End another stream before you begin this one.")
        if self._followers.is_full():
            detail = "There are too many streams at the moment; try again shortly."
            raise ProblemError(Unavailable(detail=detail))
        return FollowOrder200(body=self._followers.events(order_id, owner, caller, after))

    @override
    async def list_prices(self, call: Call, *, cursor: str | None, limit: int) -> ListPricesResult:
        after = _PRICES.decode(cursor)
        async with self._database.connection() as connection:
            prices = await queries.list_prices(connection, after=after, limit=limit + 1)
        page, last = split_page(prices, limit)
        items = [
            models.KnownPrice(sku=sku, prices=list(map(_dated_price, known.prices)))
            for sku, known in page
        ]
        next_cursor = _PRICES.encode(last[0]) if last else None
        return ListPrices200(body=models.PricePage(items=items, next_cursor=next_cursor))


def _dated_price(each: price_lists.DatedPrice) -> DatedPrice:
    return DatedPrice(
        amount_minor=each.price.amount_minor,
        currency=each.price.currency,
        valid_from=MISSING if each.valid_from is None else each.valid_from,
        valid_until=MISSING if each.valid_until is None else each.valid_until,
    )


def _not_found(order_id: UUID) -> OrderNotFound:
    return OrderNotFound(detail=f"No order has the id {order_id}.")


def _order(order: Order) -> models.Order:
    return _body(Presented.of(order))


def _body(presented: Presented) -> models.Order:
    order = presented.order
    rejection = order.rejection
    return models.Order(
        order_id=order.order_id,
        reference=MISSING if order.reference is None else order.reference,
        customer_ref=order.customer_ref,
        status=order.status,
        rejection=models.Rejection(code=rejection.code, detail=rejection.detail)
        if rejection
        else MISSING,
        lines=presented.lines,
        totals=presented.totals,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
    )
