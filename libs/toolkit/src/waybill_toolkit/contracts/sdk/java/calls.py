"""The request of an operation as Java code."""

import re
from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.sdk.java.spelling import argument, camel, quoted
from waybill_toolkit.contracts.sdk.typed import Input, TypedOperation

_STEP: Final = re.compile(r"\{([^}]+)\}")


def call_lines(operation: TypedOperation) -> Iterator[str]:
    """Yield the lines of the expression that creates the call."""
    spec = operation.spec
    yield f'new Call("{spec.method}", {_path(operation)}, callOptions)'
    steps = [".repeatable()"] if spec.is_repeatable else []
    steps += [".idempotent()"] if spec.is_idempotent else []
    steps += [_given(each, argument(each.parameter.argument)) for each in operation.required]
    steps += [
        _given(each, f"options.{camel(each.parameter.argument)}()") for each in operation.optional
    ]
    steps += [".body(body)"] if operation.body else []
    yield from (f"        {each}" for each in steps if each)


def _path(operation: TypedOperation) -> str:
    arguments = {
        each.parameter.name: argument(each.parameter.argument)
        for each in operation.required
        if each.parameter.place == "path"
    }
    parts = [
        f"Call.escaped({arguments[part]})" if index % 2 else quoted(part)
        for index, part in enumerate(_STEP.split(operation.spec.path))
        if part
    ]
    return " + ".join(parts)


def _given(each: Input, value: str) -> str:
    match each.parameter.place:
        case "query":
            return f".query({quoted(each.parameter.name)}, {value})"
        case "header":
            return f".header({quoted(each.parameter.name)}, {value})"
        case _:
            return ""
