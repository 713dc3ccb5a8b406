"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from typing_extensions import TypeAliasType

Currency = TypeAliasType("Currency", Annotated[str, Field(pattern="^[A-Z]{3}$")])


class Money(BaseModel):
    """An amount in the currency's smallest unit (pence, cents). Never a fraction."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency


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


Reference = TypeAliasType(
    "Reference",
    Annotated[
        str,
        Field(
            max_length=64,
            min_length=1,
            pattern="^[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]([^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069])?$",
        ),
    ],
)


class RejectionCode(StrEnum):
    OUT_OF_STOCK = "out_of_stock"
    PAYMENT_DECLINED = "payment_declined"
    TIMED_OUT = "timed_out"


Sku = TypeAliasType(
    "Sku", Annotated[str, Field(pattern="^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$")]
)
