"""Holds contracts against their specifications, before anything is read out of them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.generate.bundle import Bundle
from waybill_toolkit.generate.documents import Node, Pointer
from waybill_toolkit.generate.faults import Faults

ASYNCAPI: Final = Path(__file__).with_name("asyncapi.schema.json")

MISSING: Final = {
    "x-key": ("key", "name the required field of the payload that events are ordered by."),
    "x-retention-hours": ("retention", "say for how long the topic keeps its events."),
    "x-partitions": ("partitions", "say how many the topic has; that cannot be changed later."),
    "address": (
        "channel-owner",
        "name the topic: SERVICE.ENTITY-events.v1 or SERVICE.commands.v1.",
    ),
    "operationId": ("name", "name it in snake_case, like place_order."),
}
"""What to do about a member that is missing, and the rule that wants it."""


def validate_openapi(bundled: Bundle, faults: Faults) -> None:
    """Add a fault for each way in which the document is not OpenAPI 3.1."""
    # Imported here: it takes half a second, and an unchanged run does not need it.
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415
    from openapi_spec_validator.validation.exceptions import (  # noqa: PLC0415
        DuplicateOperationIDError,
    )

    errors = OpenAPIV31SpecValidator(bundled.content).iter_errors()
    # The reader names both operations.
    others = (each for each in errors if not isinstance(each, DuplicateOperationIDError))
    found = Faults()
    try:
        _add(others, bundled.where, found, "openapi-spec-validator")
    except Exception as error:  # noqa: BLE001 - it stumbles over what it has just found
        if not found:
            message = f"this is no OpenAPI: the validator stops at {error!r}; look for what is empty."
            found.add(bundled.root.fault(message, "openapi-spec-validator"))
    faults.add_all(found)


def validate_asyncapi(root: Node, faults: Faults) -> None:
    """Add a fault for each way in which the document is not what is read here of AsyncAPI 3.0."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    schema = json.loads(ASYNCAPI.read_bytes())
    errors = Draft202012Validator(schema).iter_errors(root.value)
    _add(errors, root.nearest, faults, "asyncapi")


def _add(
    errors: Iterable[Any], where: Callable[[Pointer], Node], faults: Faults, rule: str
) -> None:
    for error in errors:
        node = where(tuple(map(str, error.absolute_path)))
        for message, own_rule in _told(error):
            faults.add(node.fault(message, own_rule or rule))


def _told(error: Any) -> Iterable[tuple[str, str]]:  # noqa: ANN401 (two libraries' errors)
    """Say what is wrong and what to do, with the rule if it is one of ours."""
    where = "/" + "/".join(map(str, error.absolute_path))
    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                rule, hint = MISSING.get(name, ("", "add it."))
                yield f"{name} is missing; {hint}", rule
    else:
        yield f"{where}: {error.message.splitlines()[0]}; correct it.", ""
