"""Holds the bundled OpenAPI document against the specification of OpenAPI 3.1."""

from waybill_toolkit.generate.bundle import Bundle
from waybill_toolkit.generate.documents import Node
from waybill_toolkit.generate.faults import Fault, Faults


def validate_openapi(bundled: Bundle, root: Node, faults: Faults) -> None:
    """Add a fault for each way in which the document is not OpenAPI 3.1."""
    # Imported here: it takes half a second, and an unchanged run does not need it.
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415

    for error in OpenAPIV31SpecValidator(bundled.content).iter_errors():
        pointer = tuple(map(str, error.absolute_path))
        lines = root.document.lines
        while pointer not in lines:
            pointer = pointer[:-1]
        faults.add(Fault(root.document.path, lines[pointer], error.message.splitlines()[0]))
