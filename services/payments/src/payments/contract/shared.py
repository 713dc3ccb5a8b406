"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from typing_extensions import TypeAliasType

Currency = TypeAliasType("Currency", Annotated[str, Field(pattern="^[A-Z]{3}$")])


class Money(BaseModel):
    """An amount in the currency's smallest unit, of which ISO 4217 says how many digits it has: 255 is 2.55 GBP, 255 JPY, or 0.255 KWD."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency
