"""Checks examples with the generated models: valid ones pass, invalid ones fail.

`waybill contracts lint` validates examples by the schemas, and finds missing ones.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from pydantic import TypeAdapter, ValidationError

from waybill_toolkit.contracts.gates.loading import load_models
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.openapi import schema_nodes
from waybill_toolkit.contracts.generate.schemas import module_of, reachable
from waybill_toolkit.contracts.generate.service_contracts import ServiceContract, read_contracts
from waybill_toolkit.contracts.repository import Repository


@dataclass(frozen=True, slots=True)
class Border:
    """The models of a service in one direction, and their schemas."""

    service: str
    module: str
    components: Mapping[str, Node]
    models: Mapping[str, ModuleType]

    def accepts(self, name: str, raw: bytes) -> bool:
        """Validate with the generated model."""
        module = self.models[module_of(self.components[name], self.module)]
        try:
            TypeAdapter(getattr(module, name)).validate_json(raw)
        except ValidationError:
            return False
        return True


def example_faults(repository: Repository, services: Collection[str] = ()) -> list[str]:
    """Return every example whose validity differs from its name.

    With `services`, only these are checked.
    """
    return sorted(
        fault
        for contract in read_contracts(repository)
        if not services or contract.service in services
        for border in _borders(repository, contract)
        for name, node in border.components.items()
        for fault in _judge(border, name, node)
    )


def _borders(repository: Repository, contract: ServiceContract) -> Iterator[Border]:
    models = load_models(repository.package(contract.service))
    for module, schemas in (
        ("models", list(schema_nodes(contract.openapi))),
        ("sent", [each.schema for each in contract.events.sent]),
        ("received", [each.schema for each in contract.events.received]),
    ):
        yield Border(contract.service, module, reachable(schemas), models)


def _examples(node: Node, kind: str) -> list[Path]:
    return sorted((node.document.path.parent / "examples" / node.name).glob(f"{kind}-*.json"))


def _judge(border: Border, name: str, node: Node) -> Iterator[str]:
    for kind, expected in (("valid", True), ("invalid", False)):
        for path in _examples(node, kind):
            if border.accepts(name, path.read_bytes()) is not expected:
                where = f"{node.document.path.parent.name}/{name}/{path.name}"
                yield f"{where}: the model {border.service}.{border.module} differs"
