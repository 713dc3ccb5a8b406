"""The fields of log lines: those that docs/telemetry.md lists, and those that the code writes."""

import ast
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.telemetry.metrics_table import PAGE, ROOT

from waybill import trace
from waybill.logs import JsonFormatter

SOURCES: Final = (
    *ROOT.glob("libs/common/src/waybill/**/*.py"),
    *ROOT.glob("services/*/src/**/*.py"),
)
TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "text": str,
    "whole number": int,
    "number": (int, float),
    "texts": list,
    "object": dict,
}
_SECTION: Final = re.compile(r"^## Logs\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_ROW: Final = re.compile(r"^\| `(\w+)` \| ([\w ]+) \| (.+) \|$", re.MULTILINE)


def documented() -> dict[str, str]:
    """Return the type of each field that the page lists."""
    section = _SECTION.search(PAGE.read_text("utf-8"))
    return {name: kind for name, kind, _ in _ROW.findall(section[1])} if section else {}


def of_every_line() -> set[str]:
    """Return the fields that need no `extra`: those of a line with a trace and an exception."""
    error = LookupError()
    record = logging.makeLogRecord({"exc_info": (LookupError, error, None)})
    with trace.within(None):
        return {*json.loads(JsonFormatter("orders").format(record))}


def in_code() -> Iterator[str]:
    """Yield the fields that calls of loggers pass, and those that are bound to their lines."""
    for path in SOURCES:
        yield from fields_of(path.read_text("utf-8"), str(path))


def fields_of(source: str, name: str = "") -> Iterator[str]:
    """Yield those of a module. Raises LookupError if they cannot be read."""
    tree = ast.parse(source)
    for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
        function = ast.unparse(call.func)
        for keyword in call.keywords:
            if keyword.arg == "extra" and function.startswith("_log."):
                yield from _keys(keyword.value, tree, name)
            elif keyword.arg and function == "logs.bound":
                yield keyword.arg


def _keys(value: ast.expr, tree: ast.Module, name: str) -> Iterator[str]:
    if isinstance(value, ast.Name):
        values = [
            each.value
            for each in ast.walk(tree)
            if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == value.id
        ]
    else:
        values = [value]
    dicts = [each for each in values if isinstance(each, ast.Dict)]
    if not dicts:
        raise LookupError(f"{name}:{value.lineno}: write the fields as a dict of their names")
    for each in dicts:
        for key in each.keys:
            yield ast.literal_eval(key or value)


def faults(line: str, fields: Mapping[str, str]) -> Iterator[str]:
    """Yield the fields of a line that are not listed, or have another type."""
    found: dict[str, Any] = json.loads(line)
    for name, value in found.items():
        if name not in fields:
            yield f"{name} is not listed"
        elif not isinstance(value, TYPES[fields[name]]):
            yield f"{name} is no {fields[name]}: {value!r}"
