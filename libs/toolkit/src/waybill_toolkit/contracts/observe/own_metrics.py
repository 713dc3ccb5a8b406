"""The metrics that services declare in a module `metrics` of their own."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.faults import ContractError, Fault
from waybill_toolkit.contracts.generate.tree import Tree

_PROGRAM: Final = "waybill_toolkit.contracts.observe.metrics_program"


@dataclass(frozen=True, slots=True)
class OwnMetric:
    """A declaration of waybill.metrics."""

    name: str
    kind: str
    help: str
    labels: Sequence[str]
    unit: str
    scope: str


def read_own_metrics(tree: Tree, services: Iterable[str]) -> Mapping[str, list[OwnMetric]]:
    """Read the metrics of services, in the order of their declaration. Raises ContractError."""
    names = [each for each in services if _module(tree, each).is_file()]
    command = [sys.executable, "-m", _PROGRAM, str(tree.root), *names]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if run.returncode:
        service, _, reason = run.stderr.strip().rpartition("\n")[2].partition(": ")
        fault = Fault(_module(tree, service), 1, f"the metrics cannot be read: {reason}")
        raise ContractError([fault])
    found: Mapping[str, list[dict[str, Any]]] = json.loads(run.stdout)
    return {name: [OwnMetric(**each) for each in metrics] for name, metrics in found.items()}


def _module(tree: Tree, service: str) -> Path:
    return tree.root / "services" / service / "src" / service / "metrics.py"
