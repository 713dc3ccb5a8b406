"""The guards of guards.yaml, and tests that run without one of them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from tests.attack.named_tests import ROOT

_WITHOUT: Final = Path(__file__).with_name("taking_out")
_FAILED: Final = re.compile(r"^(?:SUB)?FAILED\S* (?:\[.*\] )?(\S+?)(?:\[| |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A text of a module, and what stands there instead."""

    module: str
    text: str
    instead: str


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard; `proofs` are the tests that must fail without it, by the number of their attack."""

    name: str
    changes: tuple[Change, ...]
    proofs: Mapping[int, tuple[str, ...]]

    @property
    def tests(self) -> list[str]:
        """The short names of its tests."""
        return sorted({each for tests in self.proofs.values() for each in tests})


def read_guards() -> list[Guard]:
    """Read the table."""
    entries = yaml.safe_load(Path(__file__).with_name("guards.yaml").read_text("utf-8"))
    return [
        Guard(
            each["name"],
            tuple(Change(**change) for change in each["changes"]),
            {number: tuple(tests) for number, tests in each["proofs"].items()},
        )
        for each in entries
    ]


def failing_without(guard: Guard, ids: Iterable[str]) -> tuple[set[str], str]:
    """Run tests in another process without a guard; returns the ids that fail, and the output.

    An error of a fixture is no failure: then the attack was not tried.
    """
    changes = [[each.module, each.text, each.instead] for each in guard.changes]
    path = os.pathsep.join(filter(None, (str(_WITHOUT), os.environ.get("PYTHONPATH"))))
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "-rf", "--tb=line", *ids],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path, "WAYBILL_WITHOUT_GUARD": json.dumps(changes)},
        capture_output=True,
        text=True,
        check=False,
    )
    output = ended.stdout + ended.stderr
    return set(_FAILED.findall(output)), output
