"""The bodies that orders gets and answers. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime

from .shared import (
    Currency,
    DatedPrice,
    MoneyInput,
    OrderLine,
    PriceInput,
    Reference,
    RejectionCode,
    Sku,
    Totals,
)


class KnownPrice(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    prices: list[DatedPrice]


class OrderStatus(StrEnum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class PaymentMethod(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    token: Annotated[str, Field(max_length=255, min_length=1)]


class PlaceOrderLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    quantity: Annotated[StrictInt, Field(ge=-9007199254740991, le=9007199254740991)]
    expected_unit_price: PriceInput | MISSING = MISSING


class PricePage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[KnownPrice]
    next_cursor: str | None


class Rejection(BaseModel):
    """Why an order was not confirmed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: RejectionCode
    detail: str


class Transition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    number: Annotated[StrictInt, Field(ge=1, le=2147483647)]
    at: AwareDatetime
    state: str
    detail: str
    actor: Annotated[str | MISSING, Field(default=MISSING)]


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    reference: Annotated[str | MISSING, Field(default=MISSING)]
    customer_ref: str
    status: OrderStatus
    rejection: Annotated[Rejection | MISSING, Field(default=MISSING)]
    lines: list[OrderLine]
    totals: Totals
    placed_at: AwareDatetime
    updated_at: AwareDatetime


class OrderHistory(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    transitions: list[Transition]


class OrderPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Order]
    next_cursor: str | None


class PlaceOrder(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    reference: Reference | MISSING = MISSING
    customer_ref: Reference
    currency: Currency
    lines: Annotated[list[PlaceOrderLine], Field(max_length=1000)]
    expected_total: MoneyInput | MISSING = MISSING
    payment: PaymentMethod
