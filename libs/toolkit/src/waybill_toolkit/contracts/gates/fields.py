"""Checks that the service's code uses every field of its contract.

A field of a request or of a received command has to be read, one of a response or of an event has
to be set. The type checker detects neither a field that is never read nor one that is always
`MISSING`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.contracts.gates.classes import Package
from waybill_toolkit.contracts.gates.uses import Uses, uses
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.openapi import request_nodes, response_nodes
from waybill_toolkit.contracts.generate.schemas import module_of, reachable
from waybill_toolkit.contracts.generate.service_contracts import ServiceContract, read_contracts
from waybill_toolkit.contracts.repository import Repository

RULE: Final = "used"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a schema, its place, and its class."""

    schema: str
    node: Node
    classes: frozenset[str]

    @property
    def name(self) -> str:
        """The name in the list of exceptions: `PlaceOrder.reference`."""
        return f"{self.schema}.{self.node.name}"

    def is_in(self, pairs: set[tuple[str, str]]) -> bool:
        return any((each, self.node.name) in pairs for each in self.classes)


def unused_fields(
    repository: Repository, exceptions: Mapping[str, Mapping[str, str]] | None = None
) -> list[Fault]:
    """Find unused fields.

    `exceptions` has the accepted ones: service -> `Schema.field` -> reason. A superfluous exception
    is a fault too.
    """
    faults: list[Fault] = []
    for contract in read_contracts(repository):
        allowed = (exceptions or {}).get(contract.service, {})
        found = dict(_unused(repository, contract))
        faults += [fault for name, fault in found.items() if name not in allowed]
        faults += [
            contract.openapi.fault(f"{name} is used; remove its exception.", RULE)
            for name in sorted(allowed.keys() - found.keys())
        ]
    return faults


def _unused(repository: Repository, contract: ServiceContract) -> Iterator[tuple[str, Fault]]:
    service = contract.service
    generated = repository.package(service)
    package = Package.read(generated.parent)
    found = uses(package, leave_out=f"{service}.contract")
    where = generated.parent.relative_to(repository.root)
    for field in _fields(package, contract, _heard(contract)):
        if not field.is_in(found.read):
            yield field.name, _fault(field, f"nothing in {where} reads it; read it")
    for field in _fields(package, contract, _told(contract)):
        if _is_made(field, found) and not field.is_in(found.given):
            yield field.name, _fault(field, f"nothing in {where} gives it a value; give it one")


def _fault(field: Field, what: str) -> Fault:
    return field.node.fault(f"{field.name}: {what}, or take it out of the contract.", RULE)


def _is_made(field: Field, found: Uses) -> bool:
    """Return whether the code constructs such an object, or only passes one on."""
    return not field.classes.isdisjoint(found.made)


def _heard(contract: ServiceContract) -> Iterator[tuple[str, Iterable[Node]]]:
    """Yield request bodies and received commands. Of events, a service reads what it needs."""
    yield "models", request_nodes(contract.openapi)
    own = {topic.name for topic in contract.events.topics}
    yield "received", [each.schema for each in contract.events.received if each.topic in own]


def _told(contract: ServiceContract) -> Iterator[tuple[str, Iterable[Node]]]:
    yield "models", response_nodes(contract.openapi)
    yield "sent", [each.schema for each in contract.events.sent]


def _fields(
    package: Package, contract: ServiceContract, sides: Iterable[tuple[str, Iterable[Node]]]
) -> Iterator[Field]:
    for module, schemas in sides:
        for name, node in reachable(schemas).items():
            full = f"{contract.service}.contract.{module_of(node, module)}.{name}"
            yield from _fields_of(package, name, node, frozenset({full}))


def _fields_of(
    package: Package, schema: str, node: Node, classes: frozenset[str]
) -> Iterator[Field]:
    """Yield the fields of a schema, also of inline objects."""
    properties = node.get("properties") if node.reference is None else None
    for each in properties.children() if properties else ():
        yield Field(schema, each, classes)
        inner = (package.members.get(full, {}).get(each.name, ()) for full in classes)
        yield from _fields_of(package, f"{schema}.{each.name}", each, frozenset().union(*inner))
    for below in _parts(node):
        yield from _fields_of(package, schema, below, classes)


def _parts(node: Node) -> Iterator[Node]:
    if node.reference is not None or not isinstance(node.value, dict):
        return
    for keyword in ("oneOf", "anyOf", "allOf"):
        yield from node.child(keyword).children() if keyword in node.value else ()
    if "items" in node.value:
        yield node.child("items")
