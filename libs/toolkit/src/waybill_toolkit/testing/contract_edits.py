"""Edits of contracts, for tests that show what a gate finds.

    edit = both(put(410, "order-not-found", "status"), remove("sku-taken"))
    rewrite(root / "contracts/shared/problems.yaml", edit)

The steps to a place are keys, and numbers as text for the items of a list.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.documents import Library

Edit: TypeAlias = Callable[[dict[str, Any]], object]

SCHEMAS: Final = ("components", "schemas")


def rewrite(path: Path, edit: Edit) -> None:
    """Edit a document in place; it is written as JSON, which is YAML too.

    Raises ValueError when the edit changes nothing.
    """
    document = Library().open(path).value
    before = json.dumps(document)
    edit(document)
    if json.dumps(document) == before:
        raise ValueError(f"the edit changes nothing in {path}")
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def remove(*keys: str) -> Edit:
    """Remove the value at `keys`."""

    def edit(document: dict[str, Any]) -> object:
        holder = _at(document, keys[:-1])
        return holder.pop(int(keys[-1]) if isinstance(holder, list) else keys[-1])

    return edit


def put(value: object, *keys: str) -> Edit:
    """Set the value at `keys`."""

    def edit(document: dict[str, Any]) -> None:
        holder = _at(document, keys[:-1])
        holder[int(keys[-1]) if isinstance(holder, list) else keys[-1]] = value

    return edit


def rename(new: str, *keys: str) -> Edit:
    """Rename the last key of `keys`."""
    return lambda document: put(remove(*keys)(document), *keys[:-1], new)(document)


def also(value: object, *keys: str) -> Edit:
    """Append `value` to the list at `keys`."""
    return lambda document: _at(document, keys).append(value)


def without(value: object, *keys: str) -> Edit:
    """Remove `value` from the list at `keys`."""
    return lambda document: _at(document, keys).remove(value)


def both(*edits: Edit) -> Edit:
    """Apply these edits in order."""
    return lambda document: [edit(document) for edit in edits]


def copy(new: tuple[str, ...], *keys: str) -> Edit:
    """Copy the value at `keys` to `new`."""

    def edit(document: dict[str, Any]) -> None:
        put(json.loads(json.dumps(_at(document, keys))), *new)(document)

    return edit


def field(schema: str, name: str, kind: dict[str, Any], *, required: bool = True) -> Edit:
    """Add a field to a schema."""
    add = put(kind, *SCHEMAS, schema, "properties", name)
    return both(add, also(name, *SCHEMAS, schema, "required")) if required else add


def drop_field(schema: str, name: str, *, required: bool = True) -> Edit:
    """Remove a field from a schema."""
    drop = remove(*SCHEMAS, schema, "properties", name)
    return both(drop, without(name, *SCHEMAS, schema, "required")) if required else drop


def _at(document: Any, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 (JSON)
    for key in keys:
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document
