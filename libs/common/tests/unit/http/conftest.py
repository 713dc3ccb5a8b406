"""A contract in miniature, written as generated code is, and a client that talks to it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import httpx
import pytest
import pytest_asyncio
from pydantic import BaseModel, ConfigDict, Field

from waybill.app import Application
from waybill.http import Answer, Call, Operation, Parameter, mount
from waybill.http.access import Access, OpenAccess
from waybill.http.problems import Problem
from waybill.scalars import UUID


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Card(Model):
    method: Literal["card"]
    number: str


class Voucher(Model):
    method: Literal["voucher"]
    voucher: int


class Line(Model):
    sku: str
    quantity: Annotated[int, Field(ge=1)]


class Order(Model):
    lines: list[Line]
    payment: Annotated[Card | Voucher, Field(discriminator="method")]
    labels: dict[str, int] = {}


class Placed(Model):
    order_id: str


@dataclass(frozen=True, slots=True)
class PlaceOrder201(Answer):
    status: ClassVar[int] = 201
    body: Placed
    location: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class GetOrder200(Answer):
    status: ClassVar[int] = 200
    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class DeleteOrder204(Answer):
    status: ClassVar[int] = 204


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSku(Problem):
    status: ClassVar[int] = 422
    slug: ClassVar[str] = "unknown-sku"
    title: ClassVar[str] = "A SKU is not in the catalogue"
    sku: str


PlaceOrderResult: TypeAlias = PlaceOrder201 | UnknownSku

PLACE_ORDER = Operation(
    id="place_order",
    method="POST",
    path="/v1/orders",
    scopes=("orders:write",),
    body=Order,
    body_limit_bytes=500,
    answers=(PlaceOrder201, UnknownSku),
)
LIST_ORDERS = Operation(
    id="list_orders",
    method="GET",
    path="/v1/orders",
    scopes=("orders:read",),
    parameters=(
        Parameter(
            name="limit",
            place="query",
            argument="limit",
            type=Annotated[int, Field(ge=1, le=100)],
            default=20,
        ),
        Parameter(name="open", place="query", argument="is_open", type=bool),
        Parameter(name="label", place="query", argument="labels", type=list[str], many=True),
        Parameter(name="since", place="query", argument="since", type=str),
    ),
    answers=(GetOrder200,),
)
GET_ORDER = Operation(
    id="get_order",
    method="GET",
    path="/v1/orders/{order_id}",
    scopes=("orders:read",),
    parameters=(
        Parameter(name="order_id", place="path", argument="order_id", type=UUID, required=True),
    ),
    answers=(GetOrder200,),
)
DELETE_ORDER = Operation(
    id="delete_order",
    method="DELETE",
    path="/v1/orders/{order_id}",
    scopes=("orders:write",),
    parameters=(
        Parameter(name="order_id", place="path", argument="order_id", type=UUID, required=True),
        Parameter(
            name="If-Match",
            place="header",
            argument="if_match",
            type=Annotated[str, Field(pattern=r'^"[0-9]+"$')],
            required=True,
        ),
    ),
    answers=(DeleteOrder204,),
)
OPERATIONS = (PLACE_ORDER, LIST_ORDERS, GET_ORDER, DELETE_ORDER)


class Api:
    """Answers with what it was given; a SKU of a certain name makes it fail."""

    async def place_order(self, _call: Call, body: Order) -> PlaceOrderResult:
        sku = body.lines[0].sku
        if sku == "unknown":
            return UnknownSku(detail="Not in the catalogue.", sku=sku)
        if sku == "bug":
            raise LookupError("postgresql://waybill:hunter2@db/orders")
        return PlaceOrder201(body=Placed(order_id="1"), location="/v1/orders/1")

    async def list_orders(self, _call: Call, **arguments: object) -> GetOrder200:
        return GetOrder200(body=arguments)

    async def get_order(self, call: Call, *, order_id: UUID) -> GetOrder200:
        return GetOrder200(body={"order_id": order_id, "caller": call.principal.subject})

    async def delete_order(self, _call: Call, **_arguments: object) -> DeleteOrder204:
        return DeleteOrder204()


Serve: TypeAlias = Callable[..., httpx.AsyncClient]


def application(api: object, operations: Sequence[Operation], access: Access) -> Application:
    app = Application("orders")
    mount(app.router, api, operations, access)
    return app


ORDER: dict[str, Any] = {
    "lines": [{"sku": "mug", "quantity": 2}],
    "payment": {"method": "card", "number": "1"},
}
ORDER_ID = "019a9f6e-0000-7000-8000-000000000001"


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:waybill:problem:{slug}"
    assert problem["status"] == status
    assert problem["trace_id"] == response.headers["x-trace-id"]
    return problem


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Make clients: serve(api=..., operations=..., access=...)."""
    async with AsyncExitStack() as clients:

        def start(
            api: object = None,
            operations: Sequence[Operation] = OPERATIONS,
            access: Access | None = None,
        ) -> httpx.AsyncClient:
            app = application(api or Api(), operations, access or OpenAccess())
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://orders.test"
            )
            clients.push_async_exit(client)
            return client

        yield start


@pytest.fixture
def operations() -> tuple[Operation, ...]:
    return OPERATIONS


@pytest_asyncio.fixture
async def client(serve: Serve) -> httpx.AsyncClient:
    return serve()
