"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from typing_extensions import TypeAliasType

Currency = TypeAliasType("Currency", Annotated[str, Field(pattern="^[A-Z]{3}$")])


class Price(BaseModel):
    """A unit price. At most 1,000,000.00 in a currency with two decimal digits."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=100000000)]
    currency: Currency


class PriceInput(BaseModel):
    """A unit price. At most 1,000,000.00 in a currency with two decimal digits."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=100000000)]
    currency: Currency


Sku = TypeAliasType(
    "Sku", Annotated[str, Field(pattern="^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$")]
)
