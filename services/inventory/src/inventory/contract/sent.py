"""The payloads that inventory sends; each field is given, and no unknown one is taken. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime

from .shared import Sku


class CommitRefusedStatus(StrEnum):
    EXPIRED = "expired"
    RELEASED = "released"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ReservationExpired(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class Shortage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    wanted: Annotated[StrictInt, Field(ge=1, le=10000000)]
    on_hand: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]


class StockCommitted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class StockRefused(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    shortages: list[Shortage]


class StockReleased(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID


class StockReserved(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    expires_at: AwareDatetime


class CommitRefused(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    order_id: UUID
    status: CommitRefusedStatus
