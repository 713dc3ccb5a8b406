"""The payloads that orders sends; each field is given, and no unknown one is taken. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime

from .shared import Money, OrderLine, RejectionCode, Sku, Totals


class AuthorizeSealedPayment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    customer_ref: Annotated[
        Annotated[str | MISSING, Field(max_length=64, min_length=1)], Field(default=MISSING)
    ]
    amount: Money
    sealed_token: Annotated[str, Field(max_length=2048, min_length=1)]


class CapturePayment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class CommitStock(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class OrderCancelled(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class OrderConfirmed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class OrderPlaced(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    reference: Annotated[str | MISSING, Field(default=MISSING)]
    customer_ref: str
    totals: Totals
    lines: Annotated[list[OrderLine], Field(min_length=1)]
    placed_at: AwareDatetime


class OrderRejected(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    code: RejectionCode
    detail: str


class ReleaseStock(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class ReversePayment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class WantedLine(BaseModel):
    """Each SKU occurs once."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    quantity: Annotated[StrictInt, Field(ge=1, le=10000000)]


class ReserveStock(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    customer_ref: Annotated[
        Annotated[str | MISSING, Field(max_length=64, min_length=1)], Field(default=MISSING)
    ]
    lines: Annotated[list[WantedLine], Field(max_length=1000, min_length=1)]
