"""What the chart needs to know of each service, from its generated contract and its settings."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

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
    calls = {name: _calls(tree, name) for name in names}
    return [
        ServiceFacts(
            name=name,
            has_database=(tree.root / "services" / name / "migrations").is_dir(),
            callers=tuple(caller for caller in names if name in calls[caller]),
            settings=settings[name],
            **_events(name, json.loads(documents.get(tree.package(name) / "asyncapi.json", "{}"))),
        )
        for name in names
    ]


def _calls(tree: Tree, name: str) -> set[str]:
    """Return the services that one calls: the gateway all of them, others those of `x-calls`."""
    if name == GATEWAY:
        return set(tree.services)
    contract = yaml.safe_load((tree.root / "contracts" / name / "openapi.yaml").read_bytes())
    return set(contract.get("x-calls", ()))


def public_paths(tree: Tree, documents: Mapping[Path, str]) -> list[str]:
    """Return the first segments of the paths of the public API."""
    merged = json.loads(documents[tree.package(GATEWAY) / "openapi.json"])
    return sorted({f"/{path.split('/')[1]}" for path in merged["paths"]})


def settings_file(tree: Tree, service: str) -> Path:
    """Return the module with the settings of a service."""
    return tree.root / "services" / service / "src" / service / "settings.py"


def _settings(tree: Tree, services: Iterable[str]) -> dict[str, dict[str, Json]]:
    command = [sys.executable, "-m", _PROGRAM, str(tree.root), *services]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if run.returncode:
        service, _, reason = run.stderr.strip().rpartition("\n")[2].partition(": ")
        fault = Fault(settings_file(tree, service), 1, f"the settings cannot be read: {reason}")
        raise ContractError([fault])
    found: dict[str, dict[str, Json]] = json.loads(run.stdout)
    return found


def _events(name: str, document: Json) -> dict[str, Any]:
    """Return the topics that a service owns, sends to and receives from."""
    channels: Mapping[str, Json] = document.get("channels", {})
    return {
        "topics": tuple(
            Topic(each["address"], each["x-partitions"], each["x-retention-hours"])
            for each in channels.values()
            if each["address"].startswith(f"{name}.")
        ),
        "sends": _topics_of(document, "send"),
        "receives": _topics_of(document, "receive"),
    }


def _topics_of(events: Json, action: str) -> tuple[str, ...]:
    operations: Iterable[Json] = events.get("operations", {}).values()
    names = (each["channel"]["$ref"] for each in operations if each["action"] == action)
    channels = events.get("channels", {})
    return tuple(sorted({channels[name.rpartition("/")[2]]["address"] for name in names}))
