"""Renders the pages of every service and of the gateway."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.documents import Library
from waybill_toolkit.contracts.generate.gateway import merge_contracts
from waybill_toolkit.contracts.generate.problems import ProblemType
from waybill_toolkit.contracts.generate.schemas import GATEWAY, SHARED
from waybill_toolkit.contracts.generate.service_contracts import (
    ServiceContract,
    read_contracts,
    read_problem_types,
)
from waybill_toolkit.contracts.generate.tree import Tree
from waybill_toolkit.contracts.reference.event_map import draw, show
from waybill_toolkit.contracts.reference.events import Events, read_events
from waybill_toolkit.contracts.reference.examples import Examples
from waybill_toolkit.contracts.reference.html import render
from waybill_toolkit.contracts.reference.http import HttpReference, read_http


@dataclass(frozen=True, slots=True)
class Reference:
    """The contracts of a tree, prepared for rendering."""

    apis: dict[str, HttpReference]
    """By service; the gateway's has all operations."""
    events: Events
    """The events of all services."""
    texts: dict[str, str]
    """The description of a service's events, from its contract."""
    problems: dict[str, ProblemType]

    def http_page(self, package: str) -> str:
        """Render the reference of the HTTP API of a service or of the gateway."""
        return render("reference.html.jinja", api=self.apis[package])

    def events_page(self, package: str) -> str:
        """Render the events page of a service or of the gateway."""
        everything = package == GATEWAY
        events = self.events if everything else self.events.of_service(package)
        return render(
            "events.html.jinja",
            title="Events" if everything else f"Events of {package}",
            text=_ALL_EVENTS if everything else self.texts[package],
            events=events,
            map=show(events, links=True),
        )


_ALL_EVENTS: Final = (
    "The events and commands that the services exchange through Kafka. A sender stores each event"
    " in the transaction of the change that it describes; each receiver processes it once."
)


def read_reference(tree: Tree) -> Reference:
    """Read all contracts. Raises ContractError."""
    contracts = read_contracts(tree)
    registry = read_problem_types(tree)
    folder = tree.root / "contracts"
    services = [each.service for each in contracts]
    apis = {each.service: _api(each, registry, folder) for each in contracts}
    if GATEWAY in tree.packages:
        merged = merge_contracts(Library(), folder, services)
        apis[GATEWAY] = read_http(merged, registry, Examples.of(folder, [*services, SHARED]))
    return Reference(
        apis=apis,
        events=read_events(contracts, Examples.of(folder, [*services, SHARED])),
        texts={
            each.service: each.bundled_asyncapi.content["info"].get("description", "").strip()
            for each in contracts
        },
        problems=registry,
    )


def render_pages(tree: Tree) -> dict[str, str]:
    """Render all pages, by package and file: `orders/reference.html`. Raises ContractError."""
    return dict(_render(tree.packages, read_reference(tree)))


def _render(packages: Iterable[str], reference: Reference) -> Iterator[tuple[str, str]]:
    for package in packages:
        yield f"{package}/reference.html", reference.http_page(package)
        yield f"{package}/events.html", reference.events_page(package)
        if package == GATEWAY:
            yield f"{package}/event-map.svg", draw(reference.events, links=False)


def _api(
    contract: ServiceContract, registry: dict[str, ProblemType], folder: Path
) -> HttpReference:
    document = contract.bundled_openapi.content
    return read_http(document, registry, Examples.of(folder, [contract.service, SHARED]))
