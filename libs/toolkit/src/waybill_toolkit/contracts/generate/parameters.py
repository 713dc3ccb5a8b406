"""Reads parameters and answer headers."""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.http_contract import Header, Parameter
from waybill_toolkit.contracts.generate.names import constant, fault_of_snake, snake
from waybill_toolkit.contracts.generate.plain_types import checked_type, plain_type
from waybill_toolkit.contracts.generate.schemas import class_of

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
UNKNOWN: Final = "x-unknown-parameters"
TAKEN: Final = ("self", "call", "body", "credentials", "owner")


def parameter_nodes(path: Node, operation: Node) -> Iterator[Node]:
    """Yield the parameters of an operation, those of its path first."""
    for holder in (path, operation):
        declared = holder.get("parameters")
        yield from declared.children() if declared else ()


def ignores_unknown(operation: Node, faults: Faults) -> bool:
    """Whether query parameters that the contract does not name are ignored, as OAuth demands."""
    written = operation.get(UNKNOWN)
    if written is not None and written.value != "ignore":
        faults.add(written.fault("unknown parameters are refused, unless this is ignore."))
    return written is not None


def is_if_match(node: Node) -> bool:
    """Whether the parameter is a required If-Match; without it the runtime answers 428."""
    written = node.target().value
    return written.get("name") == "If-Match" and written.get("required") is True


def read_parameter(node: Node, operation_id: str, faults: Faults) -> Parameter | None:
    """Read one parameter; None when it is faulty."""
    target = node.target()
    name, place = target.need("name").value, target.need("in").value
    schema = target.need("schema")
    required = target.value.get("required", False)
    argument = snake(name).strip("_").replace("__", "_")  # the cookie __Host-session
    raw_schema = target.child("schema")
    plain = class_of(raw_schema) or plain_type(schema)
    checked = class_of(raw_schema) or checked_type(schema)
    if argument in TAKEN:
        faults.add(target.fault(f"{name!r} means something else to handlers; choose another name."))
    elif reason := fault_of_snake(argument):
        faults.add(target.fault(reason))
    elif plain is None or checked is None:
        faults.add(schema.fault("a parameter is a scalar, an array of scalars or a named schema."))
    elif required and "default" in schema.value:
        faults.add(schema.fault("a required parameter has no default; remove one of them."))
    else:
        optional = not required and "default" not in schema.value
        return Parameter(
            constant=_constant(target, operation_id, argument),
            name=name,
            place=place,
            argument=argument,
            annotation=f"{plain} | None" if optional else plain,
            checked=checked,
            required=bool(required),
            default=repr(schema.value.get("default")),
            many=plain.startswith("list["),
        )
    return None


def read_headers(response: Node, faults: Faults) -> tuple[Header, ...]:
    """Read the headers of a response, the required ones first."""
    declared = response.get("headers")
    headers: list[Header] = []
    for node in declared.children() if declared else ():
        target = node.target()
        field = snake(node.name)
        plain = plain_type(target.need("schema"))
        required = bool(target.value.get("required", False))
        if reason := fault_of_snake(field):
            faults.add(node.fault(reason))
        elif field == "body" or plain is None:
            faults.add(node.fault("a header is a scalar or an array, and not named body."))
        else:
            headers.append(Header(field, plain if required else f"{plain} | None", required))
    return tuple(sorted(headers, key=lambda header: (not header.required, header.field)))


def _constant(target: Node, operation_id: str, argument: str) -> str:
    """Shared parameters are named as components, others after their operation."""
    if target.pointer[:2] == ("components", "parameters"):
        return constant(target.name)
    return f"{operation_id}_{argument}".upper()
