"""The bodies that inventory gets and answers. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime, NonZero

from .shared import Sku


class AdjustStockReason(StrEnum):
    RECEIVED = "received"
    RETURNED = "returned"
    COUNTED = "counted"
    DAMAGED = "damaged"


class AdjustStock(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    delta: Annotated[NonZero, Field(ge=-1000000000, le=1000000000)]
    reason: AdjustStockReason


class ReservationStatus(StrEnum):
    RESERVED = "reserved"
    COMMITTED = "committed"
    RELEASED = "released"
    EXPIRED = "expired"
    REFUSED = "refused"


class ReservedLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    quantity: Annotated[StrictInt, Field(ge=1, le=10000000)]


class StockLevel(BaseModel):
    """The sum of all adjustments equals on_hand + reserved + committed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    on_hand: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    reserved: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    committed: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]


class StockPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[StockLevel]
    next_cursor: str | None


class Reservation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    customer_ref: Annotated[
        Annotated[str | MISSING, Field(max_length=64, min_length=1)], Field(default=MISSING)
    ]
    status: ReservationStatus
    lines: list[ReservedLine]
    expires_at: AwareDatetime
