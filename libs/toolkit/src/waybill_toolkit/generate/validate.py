"""Holds contracts against their specifications, before anything is read out of them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.generate.bundle import Bundle
from waybill_toolkit.generate.documents import Node
from waybill_toolkit.generate.faults import Fault, Faults

ASYNCAPI: Final = Path(__file__).with_name("asyncapi.schema.json")


def validate_openapi(bundled: Bundle, root: Node, faults: Faults) -> None:
    """Add a fault for each way in which the document is not OpenAPI 3.1."""
    # Imported here: it takes half a second, and an unchanged run does not need it.
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415
    from openapi_spec_validator.validation.exceptions import (  # noqa: PLC0415
        DuplicateOperationIDError,
    )

    errors = OpenAPIV31SpecValidator(bundled.content).iter_errors()
    # The reader names both operations.
    _add(root, (each for each in errors if not isinstance(each, DuplicateOperationIDError)), faults)


def validate_asyncapi(root: Node, faults: Faults) -> None:
    """Add a fault for each way in which the document is not what is read here of AsyncAPI 3.0."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    schema = json.loads(ASYNCAPI.read_bytes())
    _add(root, Draft202012Validator(schema).iter_errors(root.value), faults)


def _add(root: Node, errors: Iterable[Any], faults: Faults) -> None:
    lines = root.document.lines
    for error in errors:
        pointer = tuple(map(str, error.absolute_path))
        where = "/" + "/".join(pointer)
        while pointer not in lines:
            pointer = pointer[:-1]
        message = f"{where}: {error.message.splitlines()[0]}"
        faults.add(Fault(root.document.path, lines[pointer], message))
