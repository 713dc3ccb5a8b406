"""Assembles a mock: a service of the runtime, without database and events."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Final

from fastapi import FastAPI
from typing_extensions import override

from waybill.app import Service, build, serves
from waybill.docs.instance import Instance
from waybill.http import Operation
from waybill.http.access import Access, OpenAccess
from waybill.http.endpoint import Endpoint
from waybill.process.settings import ProcessSettings
from waybill_toolkit.contracts.generate.bundle import bundle
from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.names import pascal
from waybill_toolkit.contracts.generate.schemas import GATEWAY, SHARED
from waybill_toolkit.contracts.lint.holder import Holder
from waybill_toolkit.contracts.mock.answering import Answering, implement
from waybill_toolkit.contracts.mock.examples import Examples
from waybill_toolkit.contracts.mock.generated import load
from waybill_toolkit.contracts.mock.keys import Keys
from waybill_toolkit.contracts.mock.offers import Offering, by_slug
from waybill_toolkit.contracts.mock.preference import Preferring
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.schema_check import SchemaDocument

INTERNAL: Final = "x-internal"
"""Marks an operation that the gateway does not serve."""


def mock_of(repository: Repository, name: str, access: Access) -> FastAPI:
    """Create the mock of a service, or of the gateway, which serves all services at one address.

    Raises ContractError when a contract is invalid or has too few examples.
    """
    tree = _Tree.read(repository, name)
    services = repository.services if tree.gateway else [name]
    endpoints = [each for service in services for each in tree.endpoints(service, access)]

    @serves(operations=[each.operation for each in endpoints])
    async def assemble(_: _MockSettings) -> Service:
        folder = _written(tree.sources[name])  # its documents are read on request

        async def remove() -> None:
            folder.cleanup()

        answering = {each.operation.id: each for each in endpoints}
        return Service(contract=Path(folder.name), endpoints=answering, closing=(remove,))

    app = build(_MockSettings(service=name, is_open=isinstance(access, OpenAccess)), assemble)
    app.add_middleware(Preferring)
    return app


class _MockSettings(ProcessSettings):
    is_open: bool

    @property
    @override
    def instance(self) -> Instance:
        return Instance(is_open=self.is_open)


def _written(files: Mapping[str, str]) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="waybill-mock-")
    for name, text in files.items():
        path = Path(folder.name, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class _Tree:
    """The inputs of a mock. `gateway` is the gateway's contract, for the mock of the gateway."""

    repository: Repository
    library: Library
    sources: Mapping[str, Mapping[str, str]]
    gateway: Node | None

    @classmethod
    def read(cls, repository: Repository, name: str) -> "_Tree":
        library, contracts = Library(), repository.root / "contracts"
        is_gateway = name == GATEWAY
        gateway = library.open(contracts / GATEWAY / f"{GATEWAY}.yaml") if is_gateway else None
        packages = repository.packages if is_gateway else [name]
        files = repository.code(packages)
        sources = {
            each: {
                path.relative_to(folder).as_posix(): text
                for path, text in files.items()
                if path.is_relative_to(folder)
            }
            for each in packages
            for folder in (repository.package(each),)
        }
        return cls(repository, library, sources, gateway)

    def endpoints(self, service: str, access: Access) -> list[Endpoint]:
        """Make what serves each operation of a service."""
        package = load(service, self.sources[service])
        offering, keys = self._offering(service, package), Keys()
        handlers = {
            each.id: Answering(offering.offers(each, self._added(each)), keys)
            for each in package.api.OPERATIONS
        }
        api = implement(getattr(package.api, f"{pascal(service)}Api"), handlers)
        return [
            Endpoint(each, getattr(api, each.id), access)
            for each in package.api.OPERATIONS
            if self._serves(offering, each)
        ]

    def _offering(self, service: str, package: ModuleType) -> Offering:
        contracts = self.repository.root / "contracts"
        written = self.library.open(contracts / service / "openapi.yaml")
        openapi = bundle(written, Faults())  # it was bundled before, without faults
        shared = self.library.open(contracts / SHARED / "components.yaml")
        holders = (
            Holder(written, SchemaDocument(openapi.content)),
            Holder(shared, SchemaDocument(shared.value)),
        )
        own = load(GATEWAY, self.sources[GATEWAY]).problems if self.gateway else package.problems
        return Offering(
            contract=written,
            registry=self.library.open(contracts / SHARED / "problems.yaml"),
            examples=Examples.of(holders),
            problems=by_slug({**vars(own), **vars(package.problems)}),
        )

    def _added(self, operation: Operation) -> Mapping[str, Node]:
        """Return the responses that the gateway adds to those of a service."""
        if self.gateway is None:
            return {}
        kinds = ("every_operation", "with_body") if operation.body else ("every_operation",)
        groups = [self.gateway.need("answers").need(kind) for kind in kinds]
        return {each.name: each for group in groups for each in group.children()}

    def _serves(self, offering: Offering, operation: Operation) -> bool:
        hidden = offering.node(operation).value.get(INTERNAL)
        return self.gateway is None or not hidden
