"""Leaves out what SDKs do not have: operations for browsers, and for clients of OAuth.

An SDK has the operations whose bodies are JSON and whose errors are problems. Others are pages,
forms and redirects, which a browser follows; streams of events; and the endpoints of OAuth, for
which every language has libraries.
"""

from collections.abc import Mapping
from typing import Any

from waybill_toolkit.contracts.generate.media import ERRORS, JSON
from waybill_toolkit.contracts.generate.merged_names import references
from waybill_toolkit.contracts.generate.not_modified import NOT_MODIFIED
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.sdk.contract import resolve

Json = Mapping[str, Any]


def served_by_sdks(openapi: Json) -> Json:
    """Return a document without other operations, and without what only they use."""
    paths = {path: _kept(openapi, item) for path, item in openapi["paths"].items()}
    if paths == openapi["paths"]:
        return openapi
    paths = {path: item for path, item in paths.items() if item.keys() & set(METHODS)}
    used = _used(openapi, paths)
    components = {
        kind: {name: each for name, each in named.items() if (kind, name) in used}
        if kind == "schemas"
        else named
        for kind, named in openapi["components"].items()
    }
    return {**openapi, "paths": paths, "components": components}


def is_served(openapi: Json, operation: Json) -> bool:
    """Whether SDKs have an operation."""
    if ERRORS in operation:
        return False
    request = resolve(openapi, operation.get("requestBody", {}))
    answers = (
        (status, resolve(openapi, each))
        for status, each in operation["responses"].items()
        if status < "400"
    )
    return _is_json(request) and all(
        _is_json(each) and (status < "300" or status == NOT_MODIFIED) for status, each in answers
    )


def _is_json(holder: Json) -> bool:
    return list(holder.get("content", (JSON,))) == [JSON]


def _kept(openapi: Json, item: Json) -> Json:
    return {
        key: each for key, each in item.items() if key not in METHODS or is_served(openapi, each)
    }


def _used(openapi: Json, paths: Json) -> set[tuple[str, str]]:
    """Collect the components that paths reference, also transitively."""
    found: set[tuple[str, str]] = set()
    waiting = list(references(paths))
    waiting += references({k: v for k, v in openapi["components"].items() if k != "schemas"})
    while waiting:
        kind, name = waiting.pop()
        if (kind, name) not in found:
            found.add((kind, name))
            waiting += references(openapi["components"].get(kind, {}).get(name, {}))
    return found
