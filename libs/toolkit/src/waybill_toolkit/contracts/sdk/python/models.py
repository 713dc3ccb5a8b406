"""Generates the models with datamodel-code-generator.

A client's models are less strict than a service's. Lengths, patterns and limits are validated by
the service only, whose error names the field. A response can have unknown values of enumerations
and unknown fields, which are kept, so that a service can add both. Models that are only sent have
closed enumerations and forbid unknown fields, to detect misspelled ones.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.plain_types import CONSTRAINTS
from waybill_toolkit.contracts.sdk.contract import PublicContract, Schema
from waybill_toolkit.contracts.sdk.openness import (
    OPEN,
    answered_schemas,
    open_schemas,
    reached,
    schema_names,
)
from waybill_toolkit.contracts.sdk.python.runtime.model import NULLABLE

_OPTIONS: Final[Mapping[str, Any]] = {
    "preset": "standard-py311-20261027",
    "input_file_type": "openapi",
    "output_model_type": "pydantic_v2.BaseModel",
    "target_pydantic_version": "2.14",
    "snake_case_field": True,
    "naming_strategy": "full-path",
    "collapse_root_models": False,
    "use_type_alias": True,
    "allow_population_by_field_name": False,
    "enum_field_as_literal": "all",
    "type_mappings": ["string+decimal=string"],
    "field_extra_keys": [NULLABLE],
    "use_missing_sentinel": False,
    "use_schema_description": True,
    "use_field_description": True,
    "use_single_line_docstring": True,
    "strict_refs": True,
    "disable_timestamp": True,
    "formatters": [],
    "custom_file_header": '"""Models of the API. A field that is None is not sent."""\n',
}
_LEFT_TO_THE_SERVICE: Final = {
    *CONSTRAINTS,
    *("not", "uniqueItems", "minProperties", "maxProperties"),
    *("example", "examples", "additionalProperties"),
}


def make_models(contract: PublicContract, module: str) -> str:
    """Return the module with all schemas that public operations use."""
    answered = answered_schemas(contract)
    sent = {each.body for each in contract.operations if each.body}
    parameters = {
        name
        for one in contract.operations
        for each in one.parameters
        for name in schema_names(each.schema)
    }
    opened = open_schemas(contract)
    schemas = {
        name: _schema(opened[name], closed=name not in answered)
        for name in sorted(answered | reached(contract, sent | parameters))
    }
    return _run(schemas, f"{module}._runtime.model.Model") if schemas else ""


def _schema(schema: Schema, *, closed: bool) -> dict[str, Any]:
    written: dict[str, Any] = _widened(schema)
    if "properties" in written:
        written["description"] = written.get("description", "")  # used as the docstring
        if closed:
            written["additionalProperties"] = False
    return written


def _widened(value: Any) -> Any:  # noqa: ANN401 (JSON Schema)
    if isinstance(value, list):
        return [_widened(each) for each in value]
    if not isinstance(value, dict):
        return value
    written = {
        key: _properties(value) if key == "properties" else _widened(each)
        for key, each in value.items()
        if key not in _LEFT_TO_THE_SERVICE
    }
    if isinstance(entries := value.get("additionalProperties"), dict):
        written["additionalProperties"] = _widened(entries)
    return _either_known_or_text(written) if written.pop(OPEN, False) else written


def _either_known_or_text(enumeration: dict[str, Any]) -> dict[str, Any]:
    """Write an open enumeration as a union: `Literal["a", "b"] | str`."""
    others = {key: each for key, each in enumeration.items() if key not in {"type", "enum"}}
    known = [each for each in enumeration["enum"] if each is not None]
    union = [{"type": "string", "enum": known}, {"type": "string"}]
    null = [{"type": "null"}] if None in enumeration["enum"] else []
    return {**others, "anyOf": [*union, *null]}


def _properties(schema: Schema) -> dict[str, Any]:
    """Relax the fields, and distinguish optional fields from nullable ones."""
    required = schema.get("required", ())
    return {
        name: {**_widened(each), NULLABLE: True}
        if name not in required and _is_nullable(each)
        else _widened(each)
        for name, each in schema["properties"].items()
    }


def _is_nullable(schema: Schema) -> bool:
    kinds = schema.get("type", ())
    ways = (*schema.get("oneOf", ()), *schema.get("anyOf", ()))
    return "null" in (kinds if isinstance(kinds, list) else [kinds]) or any(map(_is_nullable, ways))


def _run(schemas: Mapping[str, Any], base: str) -> str:
    # Imported here: the import takes a second, and other languages do not need it.
    from datamodel_code_generator import generate  # noqa: PLC0415
    from datamodel_code_generator.config import GenerateConfig  # noqa: PLC0415

    document = {
        "openapi": "3.1.0",
        "info": {"title": "models", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder).resolve() / "models.json"
        source.write_text(json.dumps(document), encoding="utf-8")
        return str(
            generate(source, config=GenerateConfig.model_validate({**_OPTIONS, "base_class": base}))
        )
