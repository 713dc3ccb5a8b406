"""Amounts and rates in contracts are integers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CONTRACTS = Path(__file__).parents[2] / "contracts"
NAMES = ("_minor", "_ppm")


def _properties(schema: Any, where: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield place, name and schema of every property in a document."""
    if isinstance(schema, list):
        for at, each in enumerate(schema):
            yield from _properties(each, f"{where}/{at}")
    elif isinstance(schema, dict):
        for name, each in schema.items():
            if name in ("properties", "fields") and isinstance(each, dict):
                for field, of_field in each.items():
                    yield f"{where}/{field}", field, of_field
            yield from _properties(each, f"{where}/{name}")


def faults(document: Any) -> list[str]:
    """Return the places where an amount may be a fraction."""
    return [
        where
        for where, name, schema in _properties(document)
        if name.endswith(NAMES)
        and schema.get("type") != "integer"
        and not str(schema.get("$ref", "")).endswith("/TaxRate")
    ]


@pytest.mark.parametrize("file", sorted(CONTRACTS.rglob("*.yaml")), ids=str)
def test_amounts_are_integers(file: Path) -> None:
    assert faults(yaml.safe_load(file.read_bytes())) == []


@pytest.mark.parametrize(
    "schema", [{"type": "number"}, {"type": "string"}, {"$ref": "#/components/schemas/Decimal"}]
)
def test_an_amount_that_may_be_a_fraction_is_found(schema: dict[str, Any]) -> None:
    document = {"components": {"schemas": {"Money": {"properties": {"amount_minor": schema}}}}}
    problems = {"price-changed": {"fields": {"amount_minor": schema}}}

    assert faults(document) == ["/components/schemas/Money/amount_minor"]
    assert faults(problems) == ["/price-changed/amount_minor"]
