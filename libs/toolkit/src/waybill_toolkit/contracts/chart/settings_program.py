"""Prints the settings of services as JSON. A program of its own: it imports the services of a tree.

    python -m waybill_toolkit.contracts.chart.settings_program TREE SERVICE...

The output is an object by service, with an object for each environment variable: see
`settings_of`. The exit status is 1 with one line on the error output when a class cannot be read.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from waybill_toolkit.contracts.settings_class import settings_class_of

_KINDS: Final = {"password": "secret", "file-path": "file", "directory-path": "folder"}
"""By the format that pydantic gives the type in JSON schema."""
_DROPPED: Final = ("default", "description", "format", "title", "writeOnly")


def settings_of(kind: type[BaseSettings]) -> dict[str, dict[str, Any]]:
    """Describe each setting: its kind, whether it is required, JSON schema, default and text.

    The kind says how a cluster provides it: `secret`, `file` and `folder` are mounted, `value` is
    an environment variable.
    """
    properties = kind.model_json_schema()["properties"]
    return {
        f"WAYBILL_{name.upper()}": {
            "kind": _kind(properties[name]),
            "required": field.is_required(),
            "default": None if field.default is PydanticUndefined else field.default,
            "text": " ".join((field.description or "").split()),
            "schema": _schema(properties[name]),
        }
        for name, field in kind.model_fields.items()
    }


def _kind(schema: dict[str, Any]) -> str:
    formats = {each.get("format") for each in schema.get("anyOf", [schema])}
    return next((kind for name, kind in _KINDS.items() if name in formats), "value")


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value without null, which an environment variable cannot have."""
    ways = [_plain(each) for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in _DROPPED}


def main(tree: str, *services: str) -> None:
    """Print the settings. Exits with 1 when a class cannot be read."""
    sys.path[:0] = [str(Path(tree) / "services" / each / "src") for each in services]
    found = {}
    for service in services:
        try:
            found[service] = settings_of(settings_class_of(service))
        except Exception as error:  # noqa: BLE001 - a module of the tree may raise anything
            sys.exit(f"{service}: {type(error).__name__}: {error}")
    json.dump(found, sys.stdout, default=str)


if __name__ == "__main__":
    main(*sys.argv[1:])
