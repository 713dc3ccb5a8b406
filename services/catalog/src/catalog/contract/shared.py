"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictInt
from typing_extensions import TypeAliasType
from waybill.scalars import AwareDatetime

Currency = TypeAliasType("Currency", Annotated[str, Field(pattern="^[A-Z]{3}$")])


class DatedPrice(BaseModel):
    """A unit price in one currency, and when it is valid. What counts is the instant at which an order is placed."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency
    valid_from: Annotated[AwareDatetime | MISSING, Field(default=MISSING)]
    valid_until: Annotated[AwareDatetime | MISSING, Field(default=MISSING)]


class DatedPriceInput(BaseModel):
    """A unit price in one currency, and when it is valid. A price above the limit of its currency gets the problem amount-out-of-range."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency
    valid_from: AwareDatetime | MISSING = MISSING
    valid_until: AwareDatetime | MISSING = MISSING


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


Sku = TypeAliasType(
    "Sku", Annotated[str, Field(pattern="^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$")]
)
