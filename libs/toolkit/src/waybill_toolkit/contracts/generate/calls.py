"""Reads `x-calls`: the operations of other services that a service calls.

    x-calls:
      orders: [get_order]
      catalog:
        get_variant: {last_known_seconds: 300}   its fallback: the last answer, so old at most

Each gives the service a generated client. It sends and reads JSON, with problems as errors.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.http_contract import HttpContract, Operation
from waybill_toolkit.contracts.generate.media import JSON
from waybill_toolkit.contracts.generate.openapi import operation_nodes, read_openapi
from waybill_toolkit.contracts.generate.problems import ProblemType

CALLS: Final = "x-calls"
REPEATABLE: Final = "x-repeatable"
LAST_KNOWN: Final = "last_known_seconds"

_RULE: Final = "calls"


@dataclass(frozen=True, slots=True)
class CalledOperation:
    """An operation with what only its callers need to know."""

    operation: Operation
    is_repeatable: bool
    """Whether a request may be sent again when it is unknown whether it was executed."""
    last_known_seconds: int | None


@dataclass(frozen=True, slots=True)
class Callee:
    """A service that another one calls, and the called operations."""

    service: str
    root: Node
    calls: tuple[CalledOperation, ...]

    @property
    def http(self) -> HttpContract:
        """The called part of its contract."""
        return HttpContract(tuple(each.operation for each in self.calls))


def called_ids(root: Node) -> Iterator[tuple[Node, Mapping[str, Node]]]:
    """Yield the node of each called service, and those of its called operations by id."""
    calls = root.get(CALLS)
    for service in calls.children() if calls else ():
        is_list = isinstance(service.value, list)
        yield (
            service,
            {str(each.value if is_list else each.name): each for each in service.children()},
        )


def read_calls(
    root: Node, registry: Mapping[str, ProblemType], faults: Faults
) -> tuple[Callee, ...]:
    """Read the calls of a contract. What is unknown, or cannot be called, is in `faults`."""
    own = root.document.path.parent
    found: list[Callee] = []
    for service, identifiers in called_ids(root):
        path = own.parent / service.name / "openapi.yaml"
        if not path.is_file() or path.parent == own:
            message = f"there is no service {service.name} to call; correct it."
            faults.add(service.fault(message, _RULE))
            continue
        if not identifiers:
            message = f"name the operations of {service.name} that are called, as a list."
            faults.add(service.fault(message, _RULE))
            continue
        callee = root.library.open(path)
        # Its own faults are reported with its own contract.
        operations = {each.id: each for each in read_openapi(callee, registry, Faults()).operations}
        nodes = {each.value.get("operationId"): each for _, each in operation_nodes(callee)}
        for identifier, written in identifiers.items():
            if identifier not in nodes:
                message = f"{service.name} has no operation {identifier}; correct it."
                faults.add(written.fault(message, _RULE))
        calls = (
            _read(operations[identifier], nodes[identifier], written, faults)
            for identifier, written in identifiers.items()
            if identifier in nodes and identifier in operations
        )
        found.append(Callee(service.name, callee, tuple(calls)))
    return tuple(found)


def _read(operation: Operation, node: Node, written: Node, faults: Faults) -> CalledOperation:
    media = {each.media_type for each in operation.answers}
    is_json = media == {JSON} and operation.errors == "problem" and not operation.is_form
    has_cookies = any(each.place == "cookie" for each in operation.parameters)
    if not is_json or operation.basic or has_cookies:
        message = f"{operation.id} cannot be called by a generated client: it is not all JSON."
        faults.add(written.fault(message, _RULE))
    conditional = any(each.argument == "if_match" for each in operation.parameters)
    return CalledOperation(
        operation,
        is_repeatable=operation.idempotent
        or operation.method == "GET"
        or REPEATABLE in node.value
        # The retry of a change with If-Match that was executed would get 412.
        or (operation.method in {"PUT", "DELETE"} and not conditional),
        last_known_seconds=_last_known(operation, written, faults),
    )


def _last_known(operation: Operation, written: Node, faults: Faults) -> int | None:
    options = written.value
    if options is None or isinstance(options, str):
        return None
    seconds = options.get(LAST_KNOWN) if isinstance(options, dict) else None
    if not isinstance(seconds, int) or seconds <= 0 or options.keys() != {LAST_KNOWN}:
        message = f"a fallback is {{{LAST_KNOWN}: 300}}, with a number above zero."
        faults.add(written.fault(message, _RULE))
        return None
    if operation.method != "GET":
        message = f"{operation.id} changes something; only reads have a fallback."
        faults.add(written.fault(message, _RULE))
    return seconds
