"""The payloads that catalog sends; each field is given, and no unknown one is taken. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID

from .shared import Price, Sku


class PriceChanged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    price: Price
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]


class VariantAdded(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    product_id: UUID
    name: str
    price: Price
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]
