"""The HTTP interface of inventory. Generated; never edited."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field
from waybill.http import Answer, Call, Operation, Owner, OwnerRule, Parameter
from waybill.scalars import UUID

from inventory.contract import models, problems, shared


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStock200(Answer):
    """A page of stock levels."""

    status: ClassVar[int] = 200
    body: models.StockPage


ListStockResult: TypeAlias = ListStock200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStock200(Answer):
    """The stock level."""

    status: ClassVar[int] = 200
    body: models.StockLevel


GetStockResult: TypeAlias = GetStock200 | problems.StockNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStock201(Answer):
    """The stock level after the adjustment."""

    status: ClassVar[int] = 201
    body: models.StockLevel


AdjustStockResult: TypeAlias = AdjustStock201 | problems.StockBelowZero


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReservation200(Answer):
    """The reservation."""

    status: ClassVar[int] = 200
    body: models.Reservation


GetReservationResult: TypeAlias = GetReservation200 | problems.ReservationNotFound


class InventoryApi(ABC):
    """One method for each operation; inventory implements all of them."""

    @abstractmethod
    async def list_stock(self, call: Call, *, cursor: str | None, limit: int) -> ListStockResult:
        """List stock by SKU."""

    @abstractmethod
    async def get_stock(self, call: Call, *, sku: shared.Sku) -> GetStockResult:
        """Get the stock of a SKU."""

    @abstractmethod
    async def adjust_stock(
        self, call: Call, body: models.AdjustStock, *, sku: shared.Sku
    ) -> AdjustStockResult:
        """Add units to the stock of a SKU, or remove units.

        The first adjustment of a SKU creates its stock.
        """

    @abstractmethod
    async def get_reservation(
        self, call: Call, *, owner: Owner, order_id: UUID
    ) -> GetReservationResult:
        """Get the reservation of an order."""


CURSOR: Final = Parameter(
    name="cursor",
    place="query",
    argument="cursor",
    type=Annotated[str, Field(min_length=1, max_length=512)],
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
SKU: Final = Parameter(name="sku", place="path", argument="sku", type=shared.Sku, required=True)

OPERATIONS: Final = (
    Operation(
        id="list_stock",
        method="GET",
        path="/v1/stock",
        scopes=("inventory:read",),
        parameters=(CURSOR, LIMIT),
        answers=(ListStock200,),
        tags=("inventory",),
    ),
    Operation(
        id="get_stock",
        method="GET",
        path="/v1/stock/{sku}",
        scopes=("inventory:read",),
        parameters=(SKU,),
        answers=(GetStock200, problems.StockNotFound),
        tags=("inventory",),
    ),
    Operation(
        id="adjust_stock",
        method="POST",
        path="/v1/stock/{sku}/adjustments",
        scopes=("inventory:write",),
        idempotent=True,
        body=models.AdjustStock,
        body_limit_bytes=16_384,
        parameters=(SKU,),
        answers=(AdjustStock201, problems.StockBelowZero),
        tags=("inventory",),
    ),
    Operation(
        id="get_reservation",
        method="GET",
        path="/v1/reservations/{order_id}",
        scopes=("inventory:read",),
        parameters=(ORDER_ID,),
        owner=OwnerRule(field="customer_ref", everybody="inventory:any", place="resource"),
        answers=(GetReservation200, problems.ReservationNotFound),
        tags=("inventory",),
    ),
)
"""What the runtime has to know to serve each of them."""
