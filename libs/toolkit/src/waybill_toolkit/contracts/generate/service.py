"""Generates the contract packages of services: file names and texts, nothing written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waybill_toolkit.contracts.generate.asyncapi import EventContract, read_asyncapi
from waybill_toolkit.contracts.generate.bearer_tokens import with_bearer_tokens
from waybill_toolkit.contracts.generate.bundle import Bundle, bundle, json_text
from waybill_toolkit.contracts.generate.calls import Callee, read_calls
from waybill_toolkit.contracts.generate.clients import client_files, shared_schemas, with_called
from waybill_toolkit.contracts.generate.documents import Library, Node
from waybill_toolkit.contracts.generate.faults import ContractError, Fault, Faults
from waybill_toolkit.contracts.generate.http_contract import HttpContract
from waybill_toolkit.contracts.generate.models import make_models
from waybill_toolkit.contracts.generate.names import fault_of_service
from waybill_toolkit.contracts.generate.openapi import read_openapi, response_nodes, schema_nodes
from waybill_toolkit.contracts.generate.problem_schemas import describe_problems
from waybill_toolkit.contracts.generate.problems import ProblemType, read_registry
from waybill_toolkit.contracts.generate.render import render, tidy
from waybill_toolkit.contracts.generate.schemas import SHARED, module_of, reachable
from waybill_toolkit.contracts.generate.shape import check_circles, check_shape
from waybill_toolkit.contracts.generate.validate import validate_asyncapi, validate_openapi

TEXTS: Final = {
    "shared": "What all contracts share.",
    "models": "The bodies that {service} gets and answers.",
    "sent": "The payloads that {service} sends; each field is given, and no unknown one is taken.",
    "received": "The payloads that {service} receives; unknown fields are ignored.",
}


@dataclass(frozen=True, slots=True)
class Documents:
    """The bundled contracts of one service, valid by their specifications."""

    service: str
    openapi: Bundle
    asyncapi: Bundle

    def read(self, registry: Mapping[str, ProblemType]) -> tuple[HttpContract, EventContract]:
        """Parse them. Raises ContractError with as many faults as possible."""
        faults = Faults()
        http = read_openapi(self.openapi.root, registry, faults)
        events = read_asyncapi(self.asyncapi.root, faults)
        faults.stop_if_any()
        return http, events

    def callees(self, registry: Mapping[str, ProblemType]) -> tuple[Callee, ...]:
        """Read what the service calls of others. Raises ContractError."""
        faults = Faults()
        found = read_calls(self.openapi.root, registry, faults)
        faults.stop_if_any()
        return found


def generate_services(contracts: Path, services: Iterable[str]) -> dict[str, dict[str, str]]:
    """Generate the files of these services. Raises ContractError with all faults."""
    library, faults = Library(), Faults()
    registry = read_registry(library.open(contracts / SHARED / "problems.yaml"), faults)
    faults.stop_if_any()
    made: dict[str, dict[str, str]] = {}
    for service in services:
        try:
            made[service] = _generate(library, contracts / service, registry)
        except ContractError as error:
            faults.add_all(error)
    faults.stop_if_any()
    return made


def open_documents(library: Library, folder: Path) -> Documents:
    """Open the contracts of one service. Raises ContractError with all faults found."""
    faults = Faults()
    if reason := fault_of_service(folder.name):
        faults.add(Fault(folder / "openapi.yaml", 1, f"the folder's name: {reason}", "name"))
    roots = (library.open(folder / name) for name in ("openapi.yaml", "asyncapi.yaml"))
    openapi, asyncapi = (bundle(root, faults) for root in roots)
    check_shape(openapi.root, faults)
    for each in (openapi, asyncapi):
        check_circles(each, faults)
    faults.stop_if_any()
    validate_openapi(openapi, faults)
    validate_asyncapi(asyncapi, faults)
    faults.stop_if_any()
    return Documents(folder.name, openapi, asyncapi)


def _generate(
    library: Library, folder: Path, registry: Mapping[str, ProblemType]
) -> dict[str, str]:
    service, faults = folder.name, Faults()
    documents = open_documents(library, folder)
    http, events = documents.read(registry)
    callees = documents.callees(registry)
    openapi = documents.openapi
    models = _models(service, openapi.root, events, callees, faults)
    interfaces = _interfaces(service, http, events, callees)
    clients = client_files(service, callees, faults)
    published = describe_problems(openapi.content, registry, openapi.where, faults)
    faults.stop_if_any()
    return {
        **tidy(models | interfaces | clients, service),
        "asyncapi.json": documents.asyncapi.text(),
        "openapi.json": json_text(with_bearer_tokens(published)),
    }


def _interfaces(
    service: str, http: HttpContract, events: EventContract, callees: Iterable[Callee]
) -> dict[str, str]:
    problems = with_called(http.problems, callees)
    return {
        "__init__.py": render("__init__.py", service),
        "api.py": render("api.py", service, http=http),
        "events.py": render("events.py", service, events=events),
        "problems.py": render("problems.py", service, problems=problems),
    }


def _models(
    service: str, openapi: Node, events: EventContract, callees: Iterable[Callee], faults: Faults
) -> dict[str, str]:
    models = reachable(schema_nodes(openapi))
    sent = reachable(message.schema for message in events.sent)
    received = reachable(message.schema for message in events.received)
    together = {**models, **sent, **received}
    shared = {name: node for name, node in together.items() if module_of(node, "") == SHARED}
    shared |= shared_schemas(callees)
    answered = reachable(response_nodes(openapi))
    constructed = {**answered, **sent}
    made = {
        "shared": make_models(
            SHARED, dict(sorted(shared.items())), "as the contract says", faults, given=constructed
        ),
        "models": make_models("models", models, "forbid", faults, given=answered),
        "sent": make_models("sent", sent, "forbid", faults, given=sent),
        "received": make_models("received", received, "ignore", faults),
    }
    return {
        f"{name}.py": _docstring(TEXTS[name].format(service=service)) + text
        for name, text in made.items()
    }


def _docstring(text: str) -> str:
    return f'"""{text} Generated; never edited."""\n\n'
