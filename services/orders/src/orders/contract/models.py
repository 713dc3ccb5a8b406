"""The bodies that orders gets and answers. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime

from .shared import Currency, Money, Price, Sku


class KnownPrice(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    price: Price


class NewLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    quantity: Annotated[
        StrictInt,
        Field(
            description="From 1 to 10000; outside of it the problem is quantity-out-of-range.",
            ge=-9007199254740991,
            le=9007199254740991,
        ),
    ]
    """From 1 to 10000; outside of it the problem is quantity-out-of-range."""


class OrderLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    quantity: Annotated[StrictInt, Field(ge=1, le=10000)]
    unit_price: Price


class OrderStatus(StrEnum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class PaymentMethod(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    token: Annotated[
        str,
        Field(
            description="What the payment provider gave for the customer's card.",
            max_length=255,
            min_length=1,
        ),
    ]
    """What the payment provider gave for the customer's card."""


class PlaceOrder(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    reference: Annotated[
        str | MISSING,
        Field(description="The client's own number for the order.", max_length=64, min_length=1),
    ] = MISSING
    """The client's own number for the order."""

    customer_ref: Annotated[str, Field(max_length=64, min_length=1)]
    currency: Currency
    lines: Annotated[
        list[NewLine],
        Field(description="At least one. The same SKU may stand more than once.", max_length=1000),
    ]
    """At least one. The same SKU may stand more than once."""

    payment: PaymentMethod


class PricePage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[KnownPrice]
    next_cursor: Annotated[
        str | None, Field(description="Where the next page begins; null on the last one.")
    ]
    """Where the next page begins; null on the last one."""


class RejectionCode(StrEnum):
    OUT_OF_STOCK = "out_of_stock"
    PAYMENT_DECLINED = "payment_declined"
    TIMED_OUT = "timed_out"


class Rejection(BaseModel):
    """Why an order was not confirmed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: RejectionCode
    detail: str


class Transition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    number: Annotated[StrictInt, Field(ge=1)]
    at: AwareDatetime
    state: Annotated[str, Field(description="The step that the saga is at from here on.")]
    """The step that the saga is at from here on."""

    detail: Annotated[str, Field(description="What brought it there.")]
    """What brought it there."""


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    reference: str | MISSING = MISSING
    customer_ref: str
    status: OrderStatus
    rejection: Rejection | MISSING = MISSING
    lines: list[OrderLine]
    total: Money
    placed_at: AwareDatetime
    updated_at: AwareDatetime


class OrderPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Order]
    next_cursor: Annotated[
        str | None, Field(description="Where the next page begins; null on the last one.")
    ]
    """Where the next page begins; null on the last one."""


class OrderStory(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    transitions: list[Transition]
