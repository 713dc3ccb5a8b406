"""The payloads that inventory receives; unknown fields are ignored. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID

from .shared import Sku


class CommitStock(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID


class ReleaseStock(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID


class WantedLine(BaseModel):
    """Each SKU occurs once."""

    model_config = ConfigDict(frozen=True)
    sku: Sku
    quantity: Annotated[StrictInt, Field(ge=1, le=10000000)]


class ReserveStock(BaseModel):
    model_config = ConfigDict(frozen=True)
    order_id: UUID
    customer_ref: Annotated[str | MISSING, Field(max_length=64, min_length=1)] = MISSING
    lines: Annotated[list[WantedLine], Field(max_length=1000, min_length=1)]
