"""What all contracts share. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from typing_extensions import TypeAliasType
from waybill.scalars import AwareDatetime


class Amounts(BaseModel):
    """An amount without its tax, the tax, and both together, in the smallest unit of the currency of the order."""

    model_config = ConfigDict(frozen=True)
    net_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    tax_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    gross_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]


Currency = TypeAliasType("Currency", Annotated[str, Field(pattern="^[A-Z]{3}$")])


class DatedPrice(BaseModel):
    """A unit price in one currency, and when it is valid. What counts is the instant at which an order is placed."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency
    valid_from: Annotated[AwareDatetime | MISSING, Field(default=MISSING)]
    valid_until: Annotated[AwareDatetime | MISSING, Field(default=MISSING)]


class Money(BaseModel):
    """An amount in the currency's smallest unit, of which ISO 4217 says how many digits it has: 255 is 2.55 GBP, 255 JPY, or 0.255 KWD."""

    model_config = ConfigDict(frozen=True)
    amount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    currency: Currency


class MoneyInput(BaseModel):
    """An amount in the currency's smallest unit, as in Money."""

    model_config = ConfigDict(extra="forbid", frozen=True)
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


TaxRate = TypeAliasType("TaxRate", Annotated[StrictInt, Field(ge=0, le=1000000)])


class TaxTotal(BaseModel):
    """What is taxed at one rate, and the tax of it."""

    model_config = ConfigDict(frozen=True)
    rate_ppm: TaxRate
    net_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    tax_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]


class Totals(BaseModel):
    """What an order costs, in the smallest unit of its currency. `lines_minor` less `discounts_minor` is the gross amount of the lines if prices include the tax, and their net amount otherwise. Lines and shipping sum to `net_minor`, `tax_minor` and `gross_minor`, and so do the rates in `taxes` to the first two."""

    model_config = ConfigDict(frozen=True)
    currency: Currency
    prices_include_tax: StrictBool
    lines_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    discounts_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    shipping: Amounts
    taxes: list[TaxTotal]
    net_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    tax_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    gross_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]


class OrderLine(BaseModel):
    """A line of an order, at the price when it was placed. Amounts are in the smallest unit of the currency of the order. The amounts of the lines and of shipping sum to those of the order."""

    model_config = ConfigDict(frozen=True)
    sku: Sku
    quantity: Annotated[StrictInt, Field(ge=1, le=10000)]
    unit_price: Price
    discount_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    tax_rate_ppm: TaxRate
    net_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    tax_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
    gross_minor: Annotated[StrictInt, Field(ge=0, le=9007199254740991)]
