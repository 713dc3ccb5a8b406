"""What a value may be, by the contracts of the services: the same for the API and for a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

_TEXTS: Final = {
    "order_ref": ("orders", "PlaceOrder", "reference"),
    "customer_ref": ("orders", "PlaceOrder", "customer_ref"),
    "currency": ("orders", "PlaceOrder", "currency"),
    "sku": ("orders", "PlaceOrderLine", "sku"),
    "name": ("catalog", "CreateVariant", "name"),
}
_NUMBERS: Final = {
    "quantity": ("orders", "OrderLine", "quantity"),
    "unit_price_minor": ("catalog", "PriceInput", "amount_minor"),
}


@dataclass(frozen=True, slots=True)
class NumberRule:
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class TextRule:
    """A rule, checked as the API checks it: by pydantic, from the same keywords."""

    adapter: TypeAdapter[str]

    def fault(self, value: str) -> str:
        """Return why a value is invalid; empty when it is valid."""
        if "\0" in value:  # the API refuses it in every text
            return "Text must not contain the character U+0000"
        try:
            self.adapter.validate_python(value)
        except ValidationError as error:
            return error.errors()[0]["msg"]
        return ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules by column."""

    texts: Mapping[str, TextRule]
    numbers: Mapping[str, NumberRule]
    lines_max: int


@cache
def contract_rules() -> Rules:
    """Read the rules from the contracts of the installed services."""
    texts = {}
    for column, (service, schema, field) in _TEXTS.items():
        rule = _schema(service, schema, field)
        keywords = Field(
            min_length=rule.get("minLength"),
            max_length=rule.get("maxLength"),
            pattern=rule.get("pattern"),
        )
        texts[column] = TextRule(TypeAdapter(Annotated[str, keywords]))
    numbers = {}
    for column, (service, schema, field) in _NUMBERS.items():
        rule = _schema(service, schema, field)
        numbers[column] = NumberRule(rule["minimum"], rule["maximum"])
    return Rules(texts, numbers, _schema("orders", "PlaceOrder", "lines")["maxItems"])


def _schema(service: str, name: str, field: str) -> dict[str, Any]:
    schemas = _contract(service)["components"]["schemas"]
    found: dict[str, Any] = schemas[name]["properties"][field]
    while "$ref" in found:
        found = schemas[found["$ref"].rpartition("/")[2]]
    return found


@cache
def _contract(service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        files(service).joinpath("contract", "openapi.json").read_bytes()
    )
    return document
