"""Reads the contracts of a source tree in the same way as the generator."""

from dataclasses import dataclass

from waybill_toolkit.contracts.generate.asyncapi import EventContract, read_asyncapi
from waybill_toolkit.contracts.generate.bundle import Bundle, bundle
from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.http_contract import HttpContract
from waybill_toolkit.contracts.generate.openapi import read_openapi
from waybill_toolkit.contracts.generate.problems import ProblemType, read_registry
from waybill_toolkit.contracts.generate.tree import Tree


@dataclass(frozen=True, slots=True)
class ServiceContract:
    """Both documents of one service: as written, bundled, and parsed."""

    service: str
    openapi: Node
    asyncapi: Node
    bundled_openapi: Bundle
    bundled_asyncapi: Bundle
    http: HttpContract
    events: EventContract


def read_problem_types(tree: Tree) -> dict[str, ProblemType]:
    """Read the registry of problems. Raises ContractError."""
    faults = Faults()
    root = Library().open(tree.root / "contracts" / "shared" / "problems.yaml")
    registry = read_registry(root, faults)
    faults.stop_if_any()
    return registry


def read_contracts(tree: Tree) -> list[ServiceContract]:
    """Read the contracts of all services. Raises ContractError."""
    library, faults = Library(), Faults()
    registry = read_problem_types(tree)
    contracts: list[ServiceContract] = []
    for service in tree.services:
        openapi, asyncapi = (
            library.open(tree.root / "contracts" / service / f"{kind}.yaml")
            for kind in ("openapi", "asyncapi")
        )
        contracts.append(
            ServiceContract(
                service,
                openapi,
                asyncapi,
                bundle(openapi, faults),
                bundle(asyncapi, faults),
                read_openapi(openapi, registry, faults),
                read_asyncapi(asyncapi, faults),
            )
        )
    faults.stop_if_any()
    return contracts
