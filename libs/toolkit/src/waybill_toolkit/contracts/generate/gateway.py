"""Generates the contract package of the gateway from the contracts of all services."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.bearer_tokens import with_bearer_tokens
from waybill_toolkit.contracts.generate.bundle import bundle, json_text
from waybill_toolkit.contracts.generate.calls import read_calls
from waybill_toolkit.contracts.generate.clients import client_files, shared_schemas, with_called
from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.merge import Door, Part, merge
from waybill_toolkit.contracts.generate.models import make_models
from waybill_toolkit.contracts.generate.openapi import operation_nodes
from waybill_toolkit.contracts.generate.problem_schemas import describe_problems
from waybill_toolkit.contracts.generate.problems import ProblemType, read_registry
from waybill_toolkit.contracts.generate.rate_limits import check_limits, read_classes, with_limits
from waybill_toolkit.contracts.generate.render import render, tidy
from waybill_toolkit.contracts.generate.schemas import GATEWAY, SHARED

_TEXT: Final = '"""The public API of all services. Generated from contracts/; never edited."""\n'
_SHARED_TEXT: Final = '"""What all contracts share. Generated; never edited."""\n'


def generate_gateway(contracts: Path, services: Iterable[str]) -> dict[str, str]:
    """Generate the gateway's files. Raises ContractError with all faults."""
    library, faults = Library(), Faults()
    services = list(services)
    written = library.open(contracts / GATEWAY / f"{GATEWAY}.yaml")
    registry = _registered(library, contracts)
    merged = merge_contracts(library, contracts, services)
    published = describe_problems(merged, registry, written.nearest, faults)
    events = {
        f"asyncapi/{service}.json": bundle(
            library.open(contracts / service / "asyncapi.yaml"), faults
        ).text()
        for service in services
    }
    own = [each for each in registry.values() if each.raised_by == GATEWAY]
    callees = read_calls(written, registry, faults)
    faults.stop_if_any()
    code = {
        "problems.py": render("problems.py", GATEWAY, problems=with_called(own, callees)),
        **client_files(GATEWAY, callees, faults),
    }
    if shared := shared_schemas(callees):
        models = make_models(SHARED, shared, "as the contract says", faults)
        code["shared.py"] = f"{_SHARED_TEXT}\n{models}"
    faults.stop_if_any()
    return {
        "__init__.py": _TEXT,
        **tidy(code, GATEWAY),
        **events,
        "openapi.json": json_text(with_bearer_tokens(published)),
    }


def merge_contracts(library: Library, contracts: Path, services: Iterable[str]) -> dict[str, Any]:
    """Merge the public API of all services. Raises ContractError with all faults."""
    faults = Faults()
    written = library.open(contracts / GATEWAY / f"{GATEWAY}.yaml")
    _check_answers(written, _registered(library, contracts).values(), faults)
    door = Door(GATEWAY, bundle(written, faults).content)
    roots = {service: library.open(contracts / service / "openapi.yaml") for service in services}
    read_calls(written, _registered(library, contracts), faults)
    classes = read_classes(written, faults)
    for root in roots.values():
        check_limits((operation for _, operation in operation_nodes(root)), classes, faults)
    parts = [Part(name, root, bundle(root, faults).content) for name, root in roots.items()]
    faults.stop_if_any()
    return with_limits(merge(door, parts, faults), classes)


def _registered(library: Library, contracts: Path) -> dict[str, ProblemType]:
    faults = Faults()
    registry = read_registry(library.open(contracts / SHARED / "problems.yaml"), faults)
    faults.stop_if_any()
    return registry


def _check_answers(written: Node, registered: Iterable[ProblemType], faults: Faults) -> None:
    """Refuse a response whose problem the gateway does not return, or that has another status."""
    statuses: Mapping[str, str] = {
        each.slug: str(each.status) for each in registered if each.raised_by != "handler"
    }
    for operations in written.need("answers").children():
        for answer in operations.children():
            for slug in answer.target().need("x-problems").children():
                if statuses.get(slug.value) != answer.name:
                    faults.add(
                        answer.fault(
                            f"{slug.value} is no problem of the gateway with status {answer.name};"
                            " move or remove it.",
                            "problem",
                        )
                    )
