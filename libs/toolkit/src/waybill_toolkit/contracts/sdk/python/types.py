"""Python types of parameters and results, and the arguments of an operation's method."""

from collections.abc import Iterable
from typing import Any, Final

from waybill_toolkit.contracts.sdk.contract import Operation, Parameter, Schema

_SCALARS: Final = {
    ("string", "uuid"): "UUID",
    ("string", "date-time"): "datetime",
    ("string", "date"): "date",
    ("integer", None): "int",
    ("number", None): "float",
    ("boolean", None): "bool",
}
_JSON: Final = {
    "string": ("str", "str"),
    "integer": ("int", "int"),
    "number": ("float", "(int, float)"),
    "boolean": ("bool", "bool"),
}


def json_type(schema: Schema) -> str:
    """Return the type of a problem's field: the plain JSON type, without conversion."""
    if schema.get("type") == "array":
        return f"list[{json_type(schema['items'])}]"
    return _JSON[schema["type"]][0]


def runtime_type(schema: Schema) -> str:
    """Return the type for `isinstance`."""
    return "list" if schema.get("type") == "array" else _JSON[schema["type"]][1]


def answer_type(operation: Operation) -> str:
    """Return the type of an operation's result: a model, None, or a union."""
    return " | ".join(dict.fromkeys(_model(each.schema) for each in operation.answers))


def answers_by_status(operation: Operation) -> str:
    """Return the mapping of statuses to types."""
    return ", ".join(f"{each.status}: {_model(each.schema)}" for each in operation.answers)


def arguments(operation: Operation, *more: str) -> str:
    """Return the parameters of the method, `more` last; all but path and body are keyword-only."""
    path = [each for each in operation.parameters if each.place == "path"]
    others = [each for each in operation.parameters if each.place != "path"]
    named = [_argument(each) for each in others if each.required]
    named += [f"{_argument(each)} | None = None" for each in others if not each.required]
    if operation.is_idempotent:
        named.append("idempotency_key: str | None = None")
    named += [*more, "options: CallOptions = DEFAULTS"]
    positional = [_argument(each) for each in path]
    if operation.body:
        positional.append(f"body: {_model(operation.body)}")
    return ", ".join([*positional, "*", *named])


def given(operation: Operation) -> str:
    """Return the arguments that the method passes on."""
    parts = [
        f"{keyword}={{{', '.join(entries)}}}"
        for keyword, place in (("path", "path"), ("query", "query"), ("headers", "header"))
        if (entries := list(_entries(operation.parameters, place)))
    ]
    if operation.body:
        parts.append("body=body")
    if operation.is_idempotent:
        parts.append("idempotency_key=idempotency_key")
    parts.append("options=options")
    return f"Given({', '.join(parts)})"


def _entries(parameters: Iterable[Parameter], place: str) -> Iterable[str]:
    return (f'"{each.name}": {each.argument}' for each in parameters if each.place == place)


def _argument(parameter: Parameter) -> str:
    return f"{parameter.argument}: {_python(parameter.schema)}"


def _python(schema: Schema) -> str:
    match schema:
        case {"$ref": str(reference)}:
            return _model(reference.rpartition("/")[2])
        case {"enum": list(values)}:
            return f"Literal[{', '.join(map(repr, values))}]"
        case {"type": "array"}:
            items: dict[str, Any] = schema.get("items", {})
            return f"Sequence[{_python(items)}]"
        case _:
            kind, form = schema.get("type"), schema.get("format")
            return _SCALARS.get((str(kind), form)) or _SCALARS.get((str(kind), None)) or "str"


def _model(name: str | None) -> str:
    return f"models.{name}" if name else "None"
