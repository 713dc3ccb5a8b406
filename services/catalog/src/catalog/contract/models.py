"""The bodies that catalog gets and answers. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from waybill.scalars import UUID, AwareDatetime

from .shared import DatedPrice, DatedPriceInput, PriceInput, Sku


class CreateVariant(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    name: Annotated[str | MISSING, Field(max_length=200, min_length=1)] = MISSING
    price: PriceInput


class SetPrice(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    price: PriceInput


class SetPrices(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    prices: Annotated[list[DatedPriceInput], Field(max_length=50, min_length=1)]


class Variant(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sku: Sku
    product_id: UUID
    name: Annotated[str | MISSING, Field(default=MISSING)]
    prices: list[DatedPrice]
    version: Annotated[StrictInt, Field(ge=1, le=2147483647)]


class VariantPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Variant]
    next_cursor: str | None


class CreateProduct(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(max_length=200, min_length=1)]
    description: Annotated[str | MISSING, Field(max_length=4000)] = MISSING
    variants: Annotated[list[CreateVariant], Field(max_length=500, min_length=1)]


class Product(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    product_id: UUID
    name: str
    description: Annotated[str | MISSING, Field(default=MISSING)]
    variants: list[Variant]
    created_at: AwareDatetime


class ProductPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Product]
    next_cursor: str | None
