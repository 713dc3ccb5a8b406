"""Marks the enumerations that can have values which this version of the contract does not know.

These are the ones in responses. An enumeration that is only sent stays closed, so that a misspelled
value is detected. One with a single value is the tag of a union, and stays closed, too.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from waybill_toolkit.contracts.generate.merged_names import references
from waybill_toolkit.contracts.sdk.contract import PublicContract, Schema

OPEN: Final = "x-open"


def answered_schemas(contract: PublicContract) -> set[str]:
    """Return the names of all schemas that responses use."""
    return reached(
        contract,
        (each.schema for one in contract.operations for each in one.answers if each.schema),
    )


def open_schemas(contract: PublicContract) -> Mapping[str, Schema]:
    """Return all schemas, with `OPEN` in the enumerations of responses."""
    answered = answered_schemas(contract)
    return {
        name: _opened(schema) if name in answered else schema
        for name, schema in contract.schemas.items()
    }


def reached(contract: PublicContract, names: Iterable[str]) -> set[str]:
    """Return the names, and those of all schemas that these use."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += schema_names(contract.schemas[name])
    return found


def schema_names(schema: object) -> list[str]:
    """Return the names of the schemas that a schema refers to."""
    return [name for kind, name in references(schema) if kind == "schemas"]


def _opened(value: Any) -> Any:  # noqa: ANN401 (JSON Schema)
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    written = {key: _opened(each) for key, each in value.items()}
    if isinstance(values := value.get("enum"), list):
        texts = [each for each in values if each is not None]
        if len(texts) > 1 and all(isinstance(each, str) for each in texts):
            written[OPEN] = True
    return written
