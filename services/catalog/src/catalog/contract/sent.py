"""The payloads that catalog sends; each field is given, and no unknown one is taken. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID

from .shared import DatedPrice, Price, Sku


class PriceChanged(BaseModel):
    """`price` is there if it is the only one and always valid. Events of release 0.1 have it in place of `prices`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    price: Annotated[Price | MISSING, Field(default=MISSING)]
    prices: Annotated[
        Annotated[list[DatedPrice] | MISSING, Field(max_length=50)], Field(default=MISSING)
    ]
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]


class VariantAdded(BaseModel):
    """`price` is there if it is the only one and always valid. Events of release 0.1 have it in place of `prices`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    product_id: UUID
    name: str
    price: Annotated[Price | MISSING, Field(default=MISSING)]
    prices: Annotated[
        Annotated[list[DatedPrice] | MISSING, Field(max_length=50)], Field(default=MISSING)
    ]
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]
