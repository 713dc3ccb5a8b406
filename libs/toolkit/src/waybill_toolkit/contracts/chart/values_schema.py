"""Writes values.schema.json: the classes of the values, and the settings of each service."""

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.chart.managed import GROUPS, MANAGED
from waybill_toolkit.contracts.chart.values import Values

_DEFAULTS: Final = "ServiceValues"
_NAMED: Final = "NamedServiceValues"


def values_schema(facts: Iterable[ServiceFacts]) -> str:
    """Write the schema. Helm refuses unknown names, also those of settings."""
    schema = _without_titles(Values.model_json_schema(by_alias=True))
    definitions: dict[str, Any] = schema["$defs"]
    named = definitions.pop(_NAMED)
    everything: dict[str, Mapping[str, Any]] = {}
    for each in facts:
        everything |= each.settings
        definitions[f"service.{each.name}"] = _restricted(named, each.settings)
    definitions[_DEFAULTS] = _restricted(definitions[_DEFAULTS], everything)
    schema["properties"]["services"] = {
        "type": "object",
        "description": schema["properties"]["services"]["description"],
        "additionalProperties": False,
        "properties": {each.name: {"$ref": f"#/$defs/service.{each.name}"} for each in facts},
    }
    return (
        json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **schema}, indent=2)
        + "\n"
    )


def _restricted(
    values: Mapping[str, Any],
    settings: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Allow the settings of one service only, each in the group of its kind."""
    found = copy.deepcopy(dict(values))
    for kind, group in GROUPS.items():
        given = found["properties"][group]
        item = given.get("additionalProperties")
        allowed = {
            name: {
                **(setting["schema"] if kind == "value" else item),
                "description": setting["text"],
            }
            for name, setting in settings.items()
            if setting["kind"] == kind and name not in MANAGED
        }
        found["properties"][group] = {
            **given,
            "additionalProperties": False,
            "properties": allowed,
        }
    return found


def _without_titles(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Leave out the titles that pydantic adds, and its defaults, which values.yaml has."""
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(each) for name, each in value.items()}
        if key in {"properties", "$defs"}
        else _without_titles(value)
        for key, value in schema.items()
        if key not in {"title", "default"}
    }
