"""Failures of a check that are none: the file that lists them, each with its reason.

    - check: positive_data_acceptance
      operations: [set_price]
      problems: [version-mismatch]
      because: An If-Match of the right form is still not the version of this moment.

An exclusion names the check, the operations and the problems that they answer; `fault` narrows it
to one code, and to one pointer if it names one. What a whole run did not need is to be removed.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from waybill.http.problems import TYPE_PREFIX
from waybill_toolkit.contracts.schema_check import Json

_CONFIG: Final = ConfigDict(extra="forbid", strict=True)


@checked_dataclass(frozen=True, config=_CONFIG)
class Fault:
    """What kind of fault the problem lists, and where if that matters."""

    code: str
    pointer: str | None = None

    def is_all_of(self, problem: Json) -> bool:
        """Tell whether a problem lists faults of this kind and no others."""
        faults = problem.get("errors", [])
        return bool(faults) and all(
            each["code"] == self.code and self.pointer in {None, each["pointer"]} for each in faults
        )


@checked_dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Exclusion:
    """One answer to one check that is right although the check says otherwise."""

    check: str
    problems: tuple[str, ...]
    because: str
    operations: tuple[str, ...] | None = None
    """None means each: for what all services have from the runtime."""
    fault: Fault | None = None

    def covers(self, failure: "Failed") -> bool:
        """Tell whether this failure is meant."""
        return (
            self.check in failure.checks
            and (self.operations is None or failure.operation in self.operations)
            and str(failure.problem.get("type")).removeprefix(TYPE_PREFIX) in self.problems
            and (self.fault is None or self.fault.is_all_of(failure.problem))
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
        self.used: Final[Counter[Exclusion]] = Counter()
        """How often each was needed."""

    @classmethod
    def read(cls, path: Path) -> "Exclusions":
        """Read the file. Raises pydantic's ValidationError."""
        written = yaml.safe_load(path.read_text("utf-8"))
        return cls(TypeAdapter(tuple[Exclusion, ...]).validate_json(json.dumps(written)))

    def cover(self, failure: Failed) -> bool:
        """Tell whether a failure is excluded, and note that it was."""
        for exclusion in self._exclusions:
            if exclusion.covers(failure):
                self.used[exclusion] += 1
                return True
        return False

    def __iter__(self) -> Iterator[Exclusion]:
        return iter(self._exclusions)

    def unused(self) -> list[Exclusion]:
        """List those that no failure needed."""
        return [each for each in self if not self.used[each]]
