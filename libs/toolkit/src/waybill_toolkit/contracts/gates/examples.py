"""Examples tell what the schemas mean: valid ones pass, invalid ones fail, both ways of checking.

Both ways are the JSON Schema of the contract, formats included, and the generated models. Every
schema that is a body or a payload has a valid and an invalid example, and every property of every
schema occurs in a valid one, so that a property that was added shows.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from waybill_toolkit.contracts.gates.contracts import ServiceContract, read_contracts
from waybill_toolkit.contracts.gates.loading import load_models
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.openapi import schema_nodes
from waybill_toolkit.contracts.generate.repository import Repository
from waybill_toolkit.contracts.generate.schemas import module_of, reachable


@dataclass(frozen=True, slots=True)
class Border:
    """One way in or out of a service: what crosses it, its bundled document and its models."""

    service: str
    module: str
    tops: Mapping[str, Node]
    components: Mapping[str, Node]
    document: Mapping[str, Any]
    models: Mapping[str, ModuleType]

    def schema_accepts(self, name: str, value: object) -> bool:
        """Check by JSON Schema."""
        schema = {**self.document, "$ref": f"#/components/schemas/{name}"}
        checker = Draft202012Validator.FORMAT_CHECKER
        return Draft202012Validator(schema, format_checker=checker).is_valid(value)

    def model_accepts(self, name: str, raw: bytes) -> bool:
        """Check by the generated model."""
        module = self.models[module_of(self.components[name], self.module)]
        try:
            TypeAdapter(getattr(module, name)).validate_json(raw)
        except ValidationError:
            return False
        return True


def example_faults(repository: Repository, services: Collection[str] = ()) -> list[str]:
    """Tell every example that is judged wrongly, is missing, or leaves a property out.

    Only those of `services` are looked at, if any are named.
    """
    faults: set[str] = set()
    covered: set[tuple[str, str]] = set()
    properties: set[tuple[str, str]] = set()
    for contract in read_contracts(repository):
        if services and contract.service not in services:
            continue
        for border in _borders(repository, contract):
            for name, node in border.components.items():
                faults.update(_judge(border, name, node))
                covered.update(_covered(border, name, node))
                properties.update(_properties(node))
            faults.update(_missing(border))
    return sorted(faults) + [
        f"{schema}: no valid example has {name}" for schema, name in sorted(properties - covered)
    ]


def _borders(repository: Repository, contract: ServiceContract) -> Iterator[Border]:
    models = load_models(repository.package(contract.service))
    events = contract.bundled_asyncapi.content
    for module, schemas, document in (
        ("models", list(schema_nodes(contract.openapi)), contract.bundled_openapi.content),
        ("sent", [each.schema for each in contract.events.sent], events),
        ("received", [each.schema for each in contract.events.received], events),
    ):
        tops = {node.step().name: node.step() for node in schemas if node.reference}
        yield Border(contract.service, module, tops, reachable(schemas), {**document}, models)


def _examples(node: Node, kind: str) -> list[Path]:
    return sorted((node.document.path.parent / "examples" / node.name).glob(f"{kind}-*.json"))


def _judge(border: Border, name: str, node: Node) -> Iterator[str]:
    for kind, expected in (("valid", True), ("invalid", False)):
        for path in _examples(node, kind):
            raw = path.read_bytes()
            where = f"{node.document.path.parent.name}/{name}/{path.name}"
            if border.schema_accepts(name, json.loads(raw)) is not expected:
                yield f"{where}: the schema of {border.service}.{border.module} differs"
            if border.model_accepts(name, raw) is not expected:
                yield f"{where}: the model {border.service}.{border.module} differs"


def _missing(border: Border) -> Iterator[str]:
    for name, node in border.tops.items():
        if _is_object(node):
            for kind in ("valid", "invalid"):
                if not _examples(node, kind):
                    yield f"{node.document.path.parent.name}/{name}: no {kind} example"


def _is_object(node: Node) -> bool:
    return "properties" in node.value


def _properties(node: Node) -> Iterator[tuple[str, str]]:
    for name in node.value.get("properties", {}):
        yield _label(node), name


def _covered(border: Border, name: str, node: Node) -> Iterator[tuple[str, str]]:
    for path in _examples(node, "valid"):
        yield from _walk(border.components[name], json.loads(path.read_bytes()))


def _walk(schema: Node, value: object) -> Iterator[tuple[str, str]]:
    """Name each property of each schema that `value` has."""
    schema = schema.target()
    if isinstance(value, dict) and "properties" in schema.value:
        declared = schema.need("properties")
        for name in value.keys() & declared.value.keys():
            yield _label(schema), name
            yield from _walk(declared.child(name), value[name])
    if isinstance(value, list) and "items" in schema.value:
        for item in value:
            yield from _walk(schema.child("items"), item)
    for keyword in ("oneOf", "anyOf", "allOf"):
        for branch in schema.child(keyword).children() if keyword in schema.value else ():
            yield from _walk(branch, value)


def _label(node: Node) -> str:
    return f"{node.document.path.parent.name}/{'/'.join(node.pointer[2:])}"
