"""Runs every check over all contracts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from waybill_toolkit.contracts.generate.bundle import Bundle
from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import ContractError, Fault, Faults
from waybill_toolkit.contracts.generate.gateway import merge_contracts
from waybill_toolkit.contracts.generate.problems import ProblemType, read_registry
from waybill_toolkit.contracts.generate.schemas import GATEWAY, SHARED
from waybill_toolkit.contracts.generate.service import Documents, open_documents
from waybill_toolkit.contracts.lint.constructors import constructor_faults
from waybill_toolkit.contracts.lint.examples import example_faults
from waybill_toolkit.contracts.lint.follows import follow_faults
from waybill_toolkit.contracts.lint.holder import Holder
from waybill_toolkit.contracts.lint.integers import integer_faults
from waybill_toolkit.contracts.lint.linters import TOOLS, asyncapi_faults, redocly_faults
from waybill_toolkit.contracts.lint.naming import naming_faults
from waybill_toolkit.contracts.lint.openness import openness_faults
from waybill_toolkit.contracts.lint.operations import idempotency_faults
from waybill_toolkit.contracts.lint.owners import owned_keys, owner_faults
from waybill_toolkit.contracts.lint.personal import personal_faults
from waybill_toolkit.contracts.node.packages import installed
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.schema_check import SchemaDocument, closed


def lint(repository: Repository, node_home: Path | None = None) -> list[Fault]:
    """Find all faults of the contracts; without `node_home` the linters of Node are left out.

    Unreadable documents are reported, and the others are checked. Raises NodeUnavailableError
    when the Node.js linters cannot run.
    """
    library, faults = Library(), Faults()
    services = _open(library, repository, faults)
    registry = _registry(library, repository, faults)
    for service in services:
        for read in (service.read, service.callees):
            try:
                read(registry)
            except ContractError as error:
                faults.add_all(error)
    if len(services) == len(repository.services):
        try:
            _merge(library, repository)
        except ContractError as error:
            faults.add_all(error)
    for fault in _own_faults(library, repository, services):
        faults.add(fault)
    if node_home is not None:
        for fault in _linted(repository, node_home):
            faults.add(fault)
    return list(faults)


def _open(library: Library, repository: Repository, faults: Faults) -> list[Documents]:
    found: list[Documents] = []
    for service in repository.services:
        try:
            found.append(open_documents(library, repository.root / "contracts" / service))
        except ContractError as error:
            faults.add_all(error)
    return found


def _registry(library: Library, repository: Repository, faults: Faults) -> dict[str, ProblemType]:
    try:
        root = library.open(repository.root / "contracts" / SHARED / "problems.yaml")
    except ContractError as error:
        faults.add_all(error)
        return {}
    return read_registry(root, faults)


def _merge(library: Library, repository: Repository) -> None:
    """Check that the contracts can be merged, if there is a gateway."""
    if GATEWAY in repository.packages:
        merge_contracts(library, repository.root / "contracts", repository.services)


def _own_faults(
    library: Library, repository: Repository, services: Sequence[Documents]
) -> Iterator[Fault]:
    roots = {each.service: each.openapi.root for each in services}
    keys = owned_keys(roots.values())
    for root in roots.values():
        yield from idempotency_faults(root)
        yield from owner_faults(root, keys)
        yield from follow_faults(root)
        yield from openness_faults(root)
    bundles = [bundle for each in services for bundle in (each.openapi, each.asyncapi)]
    if bundles:  # so the shared files are readable too
        shared = library.open(repository.root / "contracts" / SHARED / "components.yaml")
        problems = library.open(repository.root / "contracts" / SHARED / "problems.yaml")
        for document in (shared, problems, *(each.root for each in bundles)):
            yield from integer_faults(document)
        for bundle in bundles:
            yield from constructor_faults(_schemas(bundle))
        for each in services:
            yield from naming_faults(_schemas(each.asyncapi))
            yield from personal_faults(each.openapi.root, each.asyncapi.root)
        holders = [Holder(each.root, SchemaDocument(closed(each.content))) for each in bundles]
        yield from example_faults([Holder(shared, SchemaDocument(shared.value)), *holders])


def _schemas(bundle: Bundle) -> list[Node]:
    return [node for (kind, _), node in bundle.origins.items() if kind == "schemas"]


def _linted(repository: Repository, node_home: Path) -> Iterator[Fault]:
    packages = installed(TOOLS, node_home)
    documents = [
        path
        for service in repository.services
        for name in ("openapi.yaml", "asyncapi.yaml")
        if (path := repository.root / "contracts" / service / name).is_file()
    ]
    yield from redocly_faults(packages, documents)
    yield from asyncapi_faults(packages, [each for each in documents if "async" in each.name])
