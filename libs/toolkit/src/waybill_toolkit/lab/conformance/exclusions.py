"""Expected failures of checks: the file that lists them, each with a reason.

    - check: positive_data_acceptance
      operations: [set_price]
      problems: [version-mismatch]
      because: An If-Match of the right form is still not the version of this moment.

An exclusion names the check, the operations and the problems in their responses. `fault` restricts
it to one code, and optionally to one pointer. Unused exclusions must be removed.
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
    """The code of the faults in the problem, and optionally their pointer."""

    code: str
    pointer: str | None = None

    def is_all_of(self, problem: Json) -> bool:
        """Return whether a problem has only faults of this kind."""
        faults = problem.get("errors", [])
        return bool(faults) and all(
            each["code"] == self.code and self.pointer in {None, each["pointer"]} for each in faults
        )


@checked_dataclass(frozen=True, kw_only=True, config=_CONFIG)
class Exclusion:
    """A correct response that a check reports as a failure."""

    check: str
    problems: tuple[str, ...]
    because: str
    operations: tuple[str, ...] | None = None
    """None applies to every operation, for behaviour of the runtime."""
    fault: Fault | None = None

    def covers(self, failure: "Failed") -> bool:
        """Return whether the exclusion covers this failure."""
        return (
            self.check in failure.checks
            and (self.operations is None or failure.operation in self.operations)
            and str(failure.problem.get("type")).removeprefix(TYPE_PREFIX) in self.problems
            and (self.fault is None or self.fault.is_all_of(failure.problem))
        )


@dataclass(frozen=True, slots=True)
class Failed:
    """A failure: the checks that report it, the operationId, the problem in the response."""

    checks: tuple[str, ...]
    operation: str
    problem: Json


class Exclusions:
    """All exclusions, and the number of their uses."""

    def __init__(self, exclusions: Iterable[Exclusion]) -> None:
        self._exclusions: Final = tuple(exclusions)
        self.used: Final[Counter[Exclusion]] = Counter()
        """The number of uses of each exclusion."""

    @classmethod
    def read(cls, path: Path) -> "Exclusions":
        """Read the file. Raises pydantic's ValidationError."""
        written = yaml.safe_load(path.read_text("utf-8"))
        return cls(TypeAdapter(tuple[Exclusion, ...]).validate_json(json.dumps(written)))

    def cover(self, failure: Failed) -> bool:
        """Return whether a failure is excluded, and count the use."""
        for exclusion in self._exclusions:
            if exclusion.covers(failure):
                self.used[exclusion] += 1
                return True
        return False

    def __iter__(self) -> Iterator[Exclusion]:
        return iter(self._exclusions)

    def unused(self) -> list[Exclusion]:
        """Return the exclusions that no failure used."""
        return [each for each in self if not self.used[each]]
