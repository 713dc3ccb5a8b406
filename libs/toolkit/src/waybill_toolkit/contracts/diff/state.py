"""All contracts in one state: those of the working tree, or of a revision."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.generate.schemas import GATEWAY, SHARED


@dataclass(frozen=True, slots=True)
class OperationPlace:
    """The nodes of an operation: its path, itself, and its document for inherited values."""

    root: Node
    path: Node
    node: Node

    @property
    def name(self) -> str:
        return f"{self.node.name.upper()} {self.path.name}"

    @property
    def address(self) -> str:
        """Method and path without the names of path parameters."""
        return re.sub(r"\{[^}]*\}", "{}", self.name)

    @property
    def path_parameters(self) -> list[str]:
        """The names in the order of the path."""
        return re.findall(r"\{([^}]*)\}", self.path.name)


@dataclass(frozen=True)
class State:
    """The contracts in one folder `contracts/`. Reading raises ContractError."""

    folder: Path

    @cached_property
    def services(self) -> list[str]:
        return sorted(path.parent.name for path in self.folder.glob("*/openapi.yaml"))

    def openapi(self, service: str) -> Node | None:
        return self._open(service, "openapi.yaml")

    def asyncapi(self, service: str) -> Node | None:
        return self._open(service, "asyncapi.yaml")

    @cached_property
    def gateway(self) -> Node | None:
        """The contract of the gateway, which adds responses to those of the services."""
        return self._open(GATEWAY, f"{GATEWAY}.yaml")

    @cached_property
    def problems(self) -> Node | None:
        """The registry of problem types."""
        return self._open(SHARED, "problems.yaml")

    def operations(self, service: str) -> dict[str, OperationPlace]:
        """Return all operations of a service by address."""
        root = self.openapi(service)
        found = _operations(root) if root else ()
        return {each.address: each for each in found}

    def documents(self) -> dict[str, Node]:
        """Return the contracts by `service/file`, without shared components."""
        found = {
            f"{service}/{kind}.yaml": self._open(service, f"{kind}.yaml")
            for service in self.services
            for kind in ("openapi", "asyncapi")
        }
        found[f"{GATEWAY}/{GATEWAY}.yaml"] = self.gateway
        return {name: root for name, root in found.items() if root}

    def _open(self, service: str, file: str) -> Node | None:
        path = self.folder / service / file
        return self._library.open(path) if path.is_file() else None

    @cached_property
    def _library(self) -> Library:
        return Library()


def _operations(root: Node) -> Iterator[OperationPlace]:
    for path in root.need("paths").children():
        for child in path.target().children():
            if child.name in METHODS:
                yield OperationPlace(root, path, child)
