"""The payloads that orders receives; unknown fields are ignored. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime

from .shared import DatedPrice, Money, Price, Sku


class CommitRefusedStatus(StrEnum):
    EXPIRED = "expired"
    RELEASED = "released"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class DeclineCode(StrEnum):
    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    UNKNOWN_TOKEN = "unknown_token"


class PaymentAuthorized(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    payment_id: UUID
    amount: Money


class PaymentCaptured(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    payment_id: UUID
    amount: Money


class PaymentDeclined(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    payment_id: UUID
    decline_code: DeclineCode


class PaymentRefunded(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    payment_id: UUID
    amount: Money


class PaymentVoided(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    payment_id: UUID


class PriceChanged(BaseModel):
    """`price` is there if it is the only one and always valid. Events of release 0.1 have it in place of `prices`."""

    model_config = ConfigDict(frozen=True)
    sku: Sku
    price: Price | MISSING = MISSING
    prices: Annotated[list[DatedPrice] | MISSING, Field(max_length=50)] = MISSING
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]


class Shortage(BaseModel):
    model_config = ConfigDict(frozen=True)
    sku: Sku
    wanted: Annotated[StrictInt, Field(ge=1, le=10000000)]
    on_hand: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]


class StockCommitted(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID


class StockRefused(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    shortages: list[Shortage]


class StockReleased(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID


class StockReserved(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    expires_at: AwareDatetime


class VariantAdded(BaseModel):
    """`price` is there if it is the only one and always valid. Events of release 0.1 have it in place of `prices`."""

    model_config = ConfigDict(frozen=True)
    sku: Sku
    product_id: UUID
    name: str
    price: Price | MISSING = MISSING
    prices: Annotated[list[DatedPrice] | MISSING, Field(max_length=50)] = MISSING
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]


class CommitRefused(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    status: CommitRefusedStatus
