"""Generates the contract package of the gateway, which is made of the contracts of all services."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from waybill_toolkit.generate.bundle import Bundle, bundle
from waybill_toolkit.generate.documents import Library, Node
from waybill_toolkit.generate.faults import Faults
from waybill_toolkit.generate.merge import Door, Part, merge
from waybill_toolkit.generate.problems import ProblemType, read_registry
from waybill_toolkit.generate.render import render, tidy
from waybill_toolkit.generate.schemas import GATEWAY, SHARED

_TEXT: Final = '"""The public API of all services. Generated from contracts/; never edited."""\n'


def generate_gateway(contracts: Path, services: Iterable[str]) -> dict[str, str]:
    """Make the gateway's files. Raises ContractError with all faults."""
    library, faults = Library(), Faults()
    registry = read_registry(library.open(contracts / SHARED / "problems.yaml"), faults)
    written = library.open(contracts / GATEWAY / f"{GATEWAY}.yaml")
    own = [each for each in registry.values() if each.raised_by == GATEWAY]
    _check_answers(written, own, faults)
    door = Door(GATEWAY, bundle(written, faults).content)
    parts, events = [], {}
    for service in services:
        openapi = library.open(contracts / service / "openapi.yaml")
        parts.append(Part(service, openapi, bundle(openapi, faults).content))
        asyncapi = library.open(contracts / service / "asyncapi.yaml")
        events[f"asyncapi/{service}.json"] = bundle(asyncapi, faults).text()
    faults.stop_if_any()
    merged = Bundle(merge(door, parts, faults), {})
    problems = {"problems.py": render("problems.py", GATEWAY, problems=own)}
    return {
        "__init__.py": _TEXT,
        **tidy(problems, GATEWAY),
        **events,
        "openapi.json": merged.text(),
    }


def _check_answers(written: Node, own: Iterable[ProblemType], faults: Faults) -> None:
    """Refuse an answer whose problem is not the gateway's, or has another status."""
    statuses: Mapping[str, str] = {each.slug: str(each.status) for each in own}
    for operations in written.need("answers").children():
        for answer in operations.children():
            for slug in answer.target().need("x-problems").children():
                if statuses.get(slug.value) != answer.name:
                    faults.add(
                        answer.fault(
                            f"{slug.value} is no problem of the gateway with status {answer.name}."
                        )
                    )
