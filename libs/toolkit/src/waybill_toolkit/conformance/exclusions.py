"""Failures of a check that are none: the file that lists them, each with its reason.

    - check: positive_data_acceptance
      operations: [set_price]
      problem: version-mismatch
      because: An If-Match of the right form is still not the version of this moment.

An exclusion names the check, the operations and the problem that they answered; `fault` narrows it
to one pointer and code. One that a whole run did not need is to be removed.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from waybill.problems import TYPE_PREFIX
from waybill_toolkit.schema_check import Json

_CONFIG: Final = ConfigDict(extra="forbid", strict=True)


@checked_dataclass(frozen=True, config=_CONFIG)
class At:
    """A fault of the input, as a problem lists it."""

    pointer: str
    code: str


@checked_dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Exclusion:
    """One answer to one check that is right although the check says otherwise."""

    check: str
    operations: tuple[str, ...]
    problem: str
    because: str
    fault: At | None = None

    def covers(self, failure: "Failed") -> bool:
        """Tell whether this failure is meant."""
        return (
            self.check in failure.checks
            and failure.operation in self.operations
            and failure.problem.get("type") == TYPE_PREFIX + self.problem
            and (self.fault is None or _only_fault(failure.problem) == self.fault)
        )


@dataclass(frozen=True, slots=True)
class Failed:
    """A failure: the checks that find it, the operation by its id, the problem answered."""

    checks: tuple[str, ...]
    operation: str
    problem: Json


class Exclusions:
    """All exclusions, and which of them were needed."""

    def __init__(self, exclusions: Iterable[Exclusion]) -> None:
        self._exclusions: Final = tuple(exclusions)
        self.used: Final[Counter[tuple[Exclusion, str]]] = Counter()
        """How often each was needed, by operation."""

    @classmethod
    def read(cls, path: Path) -> "Exclusions":
        """Read the file. Raises pydantic's ValidationError."""
        written = yaml.safe_load(path.read_text("utf-8"))
        return cls(TypeAdapter(tuple[Exclusion, ...]).validate_json(json.dumps(written)))

    def cover(self, failure: Failed) -> bool:
        """Tell whether a failure is excluded, and note that it was."""
        for exclusion in self._exclusions:
            if exclusion.covers(failure):
                self.used[exclusion, failure.operation] += 1
                return True
        return False

    def unused(self) -> list[tuple[Exclusion, str]]:
        """List what no failure needed: each exclusion, with the operation."""
        listed = [(each, operation) for each in self._exclusions for operation in each.operations]
        return [each for each in listed if not self.used[each]]


def _only_fault(problem: Json) -> At | None:
    faults = problem.get("errors", [])
    return At(faults[0]["pointer"], faults[0]["code"]) if len(faults) == 1 else None
