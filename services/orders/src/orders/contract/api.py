"""The HTTP interface of orders. Generated; never edited."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field
from waybill.http import Answer, Call, Operation, Owner, OwnerRule, Parameter, Stream
from waybill.scalars import UUID

from orders.contract import models, problems, shared


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder201(Answer):
    """The accepted order."""

    status: ClassVar[int] = 201
    body: models.Order
    location: str


PlaceOrderResult: TypeAlias = (
    PlaceOrder201
    | problems.EmptyOrder
    | problems.UnknownCurrency
    | problems.UnknownSku
    | problems.CurrencyMismatch
    | problems.PriceChanged
    | problems.QuantityOutOfRange
    | problems.AmountOutOfRange
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrders200(Answer):
    """A page of orders."""

    status: ClassVar[int] = 200
    body: models.OrderPage


ListOrdersResult: TypeAlias = ListOrders200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrder200(Answer):
    """The order."""

    status: ClassVar[int] = 200
    body: models.Order


GetOrderResult: TypeAlias = GetOrder200 | problems.OrderNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder202(Answer):
    """The order, with its cancellation in progress."""

    status: ClassVar[int] = 202
    body: models.Order


CancelOrderResult: TypeAlias = (
    CancelOrder202 | problems.OrderNotFound | problems.OrderNotCancellable
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOrderHistory200(Answer):
    """Its steps, oldest first."""

    status: ClassVar[int] = 200
    body: models.OrderHistory


GetOrderHistoryResult: TypeAlias = GetOrderHistory200 | problems.OrderNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOrder200(Answer):
    """The events of the order."""

    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/event-stream"
    body: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOrder204(Answer):
    """The order is final and the client has all of its events."""

    status: ClassVar[int] = 204


FollowOrderResult: TypeAlias = (
    FollowOrder200 | FollowOrder204 | problems.OrderNotFound | problems.TooManyStreams
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPrices200(Answer):
    """A page of prices."""

    status: ClassVar[int] = 200
    body: models.PricePage


ListPricesResult: TypeAlias = ListPrices200


class OrdersApi(ABC):
    """One method for each operation; orders implements all of them."""

    @abstractmethod
    async def place_order(self, call: Call, body: models.PlaceOrder) -> PlaceOrderResult:
        """Place an order.

        The order is accepted at once, at the current prices, and then processed
        asynchronously. Read its status with get_order. Send `expected_total`, what the
        customer saw: if the order costs more now, it gets the problem price-changed, and
        nothing is placed. If it costs less, the customer pays less.
        """

    @abstractmethod
    async def list_orders(
        self,
        call: Call,
        *,
        cursor: str | None,
        limit: int,
        status: models.OrderStatus | None,
        customer_ref: shared.Reference | None,
        reference: shared.Reference | None,
    ) -> ListOrdersResult:
        """List orders, newest first."""

    @abstractmethod
    async def get_order(self, call: Call, *, owner: Owner, order_id: UUID) -> GetOrderResult:
        """Get an order."""

    @abstractmethod
    async def cancel_order(self, call: Call, *, owner: Owner, order_id: UUID) -> CancelOrderResult:
        """Cancel an order.

        Completed steps are compensated, last step first. The order is cancelled when all of
        them are.
        """

    @abstractmethod
    async def get_order_history(
        self, call: Call, *, owner: Owner, order_id: UUID
    ) -> GetOrderHistoryResult:
        """Get the history of an order."""

    @abstractmethod
    async def follow_order(
        self, call: Call, *, owner: Owner, order_id: UUID, last_event_id: int | None
    ) -> FollowOrderResult:
        """Follow an order.

        A stream of server-sent events. Each step of the order's history is an event
        `transition`, with its number as id and a Transition as data; those with a number up
        to Last-Event-ID are left out. When the order is confirmed, rejected or cancelled, an
        event `order` has its id and status, and the stream ends; a client that has all of its
        events then gets 204 and need not connect again. The stream also ends after five
        minutes: connect again, with a token that is still valid.
        """

    @abstractmethod
    async def list_prices(self, call: Call, *, cursor: str | None, limit: int) -> ListPricesResult:
        """List the prices for new orders.

        The orders service has its own copy of the prices, updated by events of the catalogue.
        """


CURSOR: Final = Parameter(
    name="cursor",
    place="query",
    argument="cursor",
    type=Annotated[str, Field(min_length=1, max_length=512)],
)
CUSTOMER_REF: Final = Parameter(
    name="customer_ref", place="query", argument="customer_ref", type=shared.Reference
)
FOLLOW_ORDER_LAST_EVENT_ID: Final = Parameter(
    name="Last-Event-ID",
    place="header",
    argument="last_event_id",
    type=Annotated[int, Field(ge=0, le=2147483647)],
)
LIMIT: Final = Parameter(
    name="limit",
    place="query",
    argument="limit",
    type=Annotated[int, Field(ge=1, le=500)],
    default=50,
)
ORDER_ID: Final = Parameter(
    name="order_id", place="path", argument="order_id", type=UUID, required=True
)
REFERENCE: Final = Parameter(
    name="reference", place="query", argument="reference", type=shared.Reference
)
STATUS: Final = Parameter(name="status", place="query", argument="status", type=models.OrderStatus)

OPERATIONS: Final = (
    Operation(
        id="place_order",
        method="POST",
        path="/v1/orders",
        scopes=("orders:write",),
        idempotent=True,
        body=models.PlaceOrder,
        body_limit_bytes=262_144,
        owner=OwnerRule(field="customer_ref", everybody="orders:any", place="body"),
        answers=(
            PlaceOrder201,
            problems.EmptyOrder,
            problems.UnknownCurrency,
            problems.UnknownSku,
            problems.CurrencyMismatch,
            problems.PriceChanged,
            problems.QuantityOutOfRange,
            problems.AmountOutOfRange,
        ),
        tags=("orders",),
    ),
    Operation(
        id="list_orders",
        method="GET",
        path="/v1/orders",
        scopes=("orders:read",),
        parameters=(CURSOR, LIMIT, STATUS, CUSTOMER_REF, REFERENCE),
        owner=OwnerRule(field="customer_ref", everybody="orders:any", place="query"),
        answers=(ListOrders200,),
        tags=("orders",),
    ),
    Operation(
        id="get_order",
        method="GET",
        path="/v1/orders/{order_id}",
        scopes=("orders:read",),
        parameters=(ORDER_ID,),
        owner=OwnerRule(field="customer_ref", everybody="orders:any", place="resource"),
        answers=(GetOrder200, problems.OrderNotFound),
        tags=("orders",),
    ),
    Operation(
        id="cancel_order",
        method="POST",
        path="/v1/orders/{order_id}/cancellation",
        scopes=("orders:write",),
        idempotent=True,
        parameters=(ORDER_ID,),
        owner=OwnerRule(field="customer_ref", everybody="orders:any", place="resource"),
        answers=(CancelOrder202, problems.OrderNotFound, problems.OrderNotCancellable),
        tags=("orders",),
    ),
    Operation(
        id="get_order_history",
        method="GET",
        path="/v1/orders/{order_id}/history",
        scopes=("orders:read",),
        parameters=(ORDER_ID,),
        owner=OwnerRule(field="customer_ref", everybody="orders:any", place="resource"),
        answers=(GetOrderHistory200, problems.OrderNotFound),
        tags=("orders",),
    ),
    Operation(
        id="follow_order",
        method="GET",
        path="/v1/orders/{order_id}/events",
        scopes=("orders:read",),
        parameters=(ORDER_ID, FOLLOW_ORDER_LAST_EVENT_ID),
        owner=OwnerRule(field="customer_ref", everybody="orders:any", place="resource"),
        answers=(FollowOrder200, FollowOrder204, problems.OrderNotFound, problems.TooManyStreams),
        tags=("orders",),
    ),
    Operation(
        id="list_prices",
        method="GET",
        path="/v1/prices",
        scopes=("orders:read",),
        parameters=(CURSOR, LIMIT),
        answers=(ListPrices200,),
        tags=("orders",),
    ),
)
"""What the runtime has to know to serve each of them."""
