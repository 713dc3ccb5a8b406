"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from typing_extensions import TypeAliasType

Currency = TypeAliasType("Currency", Annotated[str, Field(pattern="^[A-Z]{3}$")])


class Money(BaseModel):
    """An amount in the currency's smallest unit, of which ISO 4217 says how many digits it has: 255 is 2.55 GBP, 255 JPY, or 0.255 KWD."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency


class Price(BaseModel):
    """A unit price, in the currency's smallest unit."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency


class PriceInput(BaseModel):
    """A unit price, in the currency's smallest unit. The highest one depends on the currency, such as 1,000,000.00 GBP; a higher one gets the problem amount-out-of-range."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
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
