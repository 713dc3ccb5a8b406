"""Runs every check over all contracts."""

from collections.abc import Iterator
from pathlib import Path

from waybill_toolkit.contracts.lint.examples import Holder, example_faults
from waybill_toolkit.contracts.lint.linters import TOOLS, asyncapi_faults, redocly_faults
from waybill_toolkit.contracts.lint.operations import call_faults, idempotency_faults
from waybill_toolkit.contracts.lint.owners import owner_faults
from waybill_toolkit.generate.documents import Library
from waybill_toolkit.generate.faults import ContractError, Fault, Faults
from waybill_toolkit.generate.problems import read_registry
from waybill_toolkit.generate.repository import Repository
from waybill_toolkit.generate.schemas import SHARED
from waybill_toolkit.generate.service import ReadService, read_service
from waybill_toolkit.node.packages import installed
from waybill_toolkit.schema_check import SchemaDocument


def lint(repository: Repository, node_home: Path | None = None) -> list[Fault]:
    """Find all faults of the contracts; without `node_home` the linters of Node are left out.

    Raises NodeUnavailableError when they cannot run.
    """
    faults = Faults()
    library = Library()
    services = _read(library, repository, faults)
    for found in _own_faults(library, repository, services):
        faults.add(found)
    if node_home is not None:
        for found in _linted(repository, services, node_home):
            faults.add(found)
    return list(faults)


def _read(library: Library, repository: Repository, faults: Faults) -> list[ReadService]:
    """Read what can be read; the faults of the others are told."""
    contracts = repository.root / "contracts"
    try:
        registry = read_registry(library.open(contracts / SHARED / "problems.yaml"), faults)
    except ContractError as error:
        faults.add_all(error)
        return []
    found: list[ReadService] = []
    for service in repository.services:
        try:
            found.append(read_service(library, contracts / service, registry))
        except ContractError as error:
            faults.add_all(error)
    return found


def _own_faults(
    library: Library, repository: Repository, services: list[ReadService]
) -> Iterator[Fault]:
    operations = {each.name: {one.id for one in each.http.operations} for each in services}
    for service in services:
        root = service.openapi.root
        yield from idempotency_faults(root)
        yield from owner_faults(root)
        if len(services) == len(repository.services):
            yield from call_faults(root, operations)
    if services:
        shared = library.open(repository.root / "contracts" / SHARED / "components.yaml")
        bundles = (bundle for each in services for bundle in (each.openapi, each.asyncapi))
        holders = [Holder(bundle.root, SchemaDocument(bundle.content)) for bundle in bundles]
        yield from example_faults([Holder(shared, SchemaDocument(shared.value)), *holders])


def _linted(
    repository: Repository, services: list[ReadService], node_home: Path
) -> Iterator[Fault]:
    packages = installed(TOOLS, node_home)
    documents = [
        path
        for service in repository.services
        for name in ("openapi.yaml", "asyncapi.yaml")
        if (path := repository.root / "contracts" / service / name).is_file()
    ]
    yield from redocly_faults(packages, documents)
    yield from asyncapi_faults(packages, {each.name: each.asyncapi for each in services})
