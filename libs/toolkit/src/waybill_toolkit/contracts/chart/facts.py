"""What the chart needs to know of each service, from its generated contract and its settings."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.faults import ContractError, Fault
from waybill_toolkit.contracts.generate.names import GATEWAY
from waybill_toolkit.contracts.generate.tree import Tree

Json = Mapping[str, Any]

_PROGRAM: Final = "waybill_toolkit.contracts.chart.settings_program"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that a service owns."""

    name: str
    partitions: int
    retention_hours: int


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the chart needs to know of one service.

    `callers` are the services that call its HTTP API. `settings` are those of
    settings_program.settings_of.
    """

    name: str
    has_database: bool
    topics: tuple[Topic, ...]
    sends: tuple[str, ...]
    receives: tuple[str, ...]
    callers: tuple[str, ...]
    settings: Mapping[str, Json]


def read_facts(tree: Tree, documents: Mapping[Path, str]) -> list[ServiceFacts]:
    """Read the facts of each service that has settings; a contract alone cannot be deployed.

    `documents` are the generated files of all packages. Raises ContractError.
    """
    names = [each for each in sorted(tree.packages) if settings_file(tree, each).is_file()]
    settings = _settings(tree, names)
    return [_facts(tree, documents, name, settings[name]) for name in names]


def public_paths(tree: Tree, documents: Mapping[Path, str]) -> list[str]:
    """Return the first segments of the paths of the public API."""
    merged = json.loads(documents[tree.package(GATEWAY) / "openapi.json"])
    return sorted({f"/{path.split('/')[1]}" for path in merged["paths"]})


def public_scopes(tree: Tree, documents: Mapping[Path, str]) -> list[str]:
    """Return the scopes of the public API, also those for the resources of every owner."""
    merged = json.loads(documents[tree.package(GATEWAY) / "openapi.json"])
    found: set[str] = set()
    for path in merged["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                found.update(_scopes(operation))
    return sorted(found)


def _scopes(operation: Json) -> Iterator[str]:
    for way in operation.get("security", ()):
        for scopes in way.values():
            yield from scopes
    owner = operation.get("x-owner")
    if isinstance(owner, dict):
        yield owner["any"]
    elif owner:
        yield f"{operation['x-service']}:any"


def settings_file(tree: Tree, service: str) -> Path:
    """Return the module with the settings of a service."""
    return tree.root / "services" / service / "src" / service / "settings.py"


def _settings(tree: Tree, services: Iterable[str]) -> dict[str, dict[str, Json]]:
    command = [sys.executable, "-m", _PROGRAM, str(tree.root), *services]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        service, _, reason = run.stderr.strip().rpartition("\n")[2].partition(": ")
        fault = Fault(settings_file(tree, service), 1, f"the settings cannot be read: {reason}")
        raise ContractError([fault])
    found: dict[str, dict[str, Json]] = json.loads(run.stdout)
    return found


def _facts(
    tree: Tree, documents: Mapping[Path, str], name: str, settings: Mapping[str, Json]
) -> ServiceFacts:
    text = documents.get(tree.package(name) / "asyncapi.json", "{}")
    events: Json = json.loads(text)
    channels: Mapping[str, Json] = events.get("channels", {})
    return ServiceFacts(
        name=name,
        has_database=(tree.root / "services" / name / "migrations").is_dir(),
        topics=tuple(
            Topic(each["address"], each["x-partitions"], each["x-retention-hours"])
            for each in channels.values()
            if each["address"].startswith(f"{name}.")
        ),
        sends=_topics_of(events, "send"),
        receives=_topics_of(events, "receive"),
        callers=() if name == GATEWAY else (GATEWAY,),
        settings=settings,
    )


def _topics_of(events: Json, action: str) -> tuple[str, ...]:
    operations: Iterable[Json] = events.get("operations", {}).values()
    names = (each["channel"]["$ref"] for each in operations if each["action"] == action)
    channels = events.get("channels", {})
    return tuple(sorted({channels[name.rpartition("/")[2]]["address"] for name in names}))
