"""Validates contracts by their specifications before they are parsed."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.bundle import Bundle
from waybill_toolkit.contracts.generate.documents import Node, Pointer
from waybill_toolkit.contracts.generate.faults import Faults

ASYNCAPI: Final = Path(__file__).with_name("asyncapi.schema.json")

_OPERATION: Final = re.compile(r"'(get|post|put|patch|delete)' operation in '([^']+)'")

PLAIN: Final = ("default", "enum", "maximum", "maxLength", "minimum", "minLength", "type")
"""The types of defaults that are checked here, with a line; the validator checks the rest."""

MISSING: Final = {
    "x-key": ("key", "name the required field of the payload that events are ordered by."),
    "x-retention-hours": ("retention", "say for how long the topic keeps its events."),
    "x-partitions": ("partitions", "say how many the topic has; that cannot be changed later."),
    "address": (
        "channel-owner",
        "name the topic: SERVICE.ENTITY-events.v1 or SERVICE.commands.v1.",
    ),
}
"""What to do about a missing member, and the rule that requires it."""


def validate_openapi(bundled: Bundle, faults: Faults) -> None:
    """Add a fault for each violation of OpenAPI 3.1."""
    # Imported here: it takes half a second, and an unchanged run does not need it.
    from openapi_schema_validator import OAS31Validator  # noqa: PLC0415
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415
    from openapi_spec_validator.validation.exceptions import (  # noqa: PLC0415
        DuplicateOperationIDError,
    )

    _validate_schemas(bundled, OAS31Validator, faults)
    if faults:
        return  # the validator would report them without a place
    validator = OpenAPIV31SpecValidator(bundled.content)
    # The default is jsonschema-rs if it is installed; its errors are less precise.
    validator.schema_validator = _structure()
    errors = validator.iter_errors()
    # The reader names both operations.
    others = (each for each in errors if not isinstance(each, DuplicateOperationIDError))
    found = Faults()
    try:
        _add(others, bundled.where, found, "openapi-spec-validator")
    except Exception as error:  # noqa: BLE001 - it fails on faults that it has just found
        if not found:
            message = (
                f"this is no OpenAPI: the validator stops at {error!r}; look for what is empty."
            )
            found.add(bundled.root.fault(message, "openapi-spec-validator"))
    faults.add_all(found)


@cache
def _structure() -> Any:  # noqa: ANN401 (a validator of jsonschema, which is imported here)
    """Return the validator of what is no schema.

    It refers to the schema of OpenAPI in a registry that knows all its anchors. A validator of
    that schema itself collects them again for each reference: three quarters of the time.
    """
    # Imported here: an unchanged run does not need them.
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - see above
    from openapi_spec_validator.schemas import schema_v31  # noqa: PLC0415 - see above
    from referencing import Registry, Resource  # noqa: PLC0415 - see above

    content = dict(schema_v31)
    known = Registry[Any]().with_resource(content["$id"], Resource.from_contents(content)).crawl()
    return Draft202012Validator({"$ref": content["$id"]}, registry=known)


def validate_asyncapi(bundled: Bundle, faults: Faults) -> None:
    """Add a fault for each violation of the supported part of AsyncAPI 3.0."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    document = Draft202012Validator(json.loads(ASYNCAPI.read_bytes()))
    _add(document.iter_errors(bundled.root.value), bundled.root.nearest, faults, "asyncapi")
    _validate_schemas(bundled, Draft202012Validator, faults)


def _validate_schemas(bundled: Bundle, dialect: Any, faults: Faults) -> None:  # noqa: ANN401
    """Add a fault for each invalid schema in this dialect, a validator class."""
    from jsonschema import SchemaError  # noqa: PLC0415

    for pointer, schema in _schemas(bundled.content, ()):
        try:
            dialect.check_schema(schema)
        except SchemaError as error:
            _add([error], bundled.where(pointer).nearest, faults, "schema")
            continue
        for below, default in _defaults(schema, ()):
            for wrong in dialect(default).iter_errors(default["default"]):
                message = f"this default does not fit: {wrong.message}; correct it."
                faults.add(bundled.where(pointer).nearest(below).fault(message, "schema"))


def _schemas(value: object, pointer: Pointer) -> Iterator[tuple[Pointer, object]]:
    """Find the outermost schemas of a document."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _schemas(item, (*pointer, str(index)))
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "schema" or pointer == ("components", "schemas"):
                yield (*pointer, key), below
            else:
                yield from _schemas(below, (*pointer, key))


def _defaults(schema: object, pointer: Pointer) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Find defaults whose type is declared, with their place."""
    if isinstance(schema, dict):
        if "default" in schema and isinstance(schema.get("type"), str | list):
            yield (*pointer, "default"), {k: v for k, v in schema.items() if k in PLAIN}
        for key, below in schema.items():
            yield from _defaults(below, (*pointer, key))
    elif isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _defaults(item, (*pointer, str(index)))


def _add(
    errors: Iterable[Any], where: Callable[[Pointer], Node], faults: Faults, rule: str
) -> None:
    for error in errors:
        node = where(_pointer(error))
        for message, own_rule in _described(error):
            faults.add(node.fault(message, own_rule or rule))


def _pointer(error: Any) -> Pointer:  # noqa: ANN401 (two libraries' errors)
    """Return the place of an error; for operations it is only in the message."""
    if named := _OPERATION.search(error.message):
        return ("paths", named[2], named[1])
    return tuple(map(str, error.absolute_path))


def _described(error: Any) -> Iterable[tuple[str, str]]:  # noqa: ANN401 (two libraries' errors)
    """Describe the fault and what to do, with the rule if it is one of this project."""
    where = "/" + "/".join(map(str, error.absolute_path))
    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                rule, hint = MISSING.get(name, ("", "add it."))
                yield f"{name} is missing; {hint}", rule
    else:
        message = error.message.splitlines()[0].removesuffix(".")
        yield f"{message} ({where}); correct it.", ""
