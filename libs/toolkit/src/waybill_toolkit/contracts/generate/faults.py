"""Faults of contracts: the place, the problem and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault in a file of `contracts/`; `line` counts from 1. `rule` names the check."""

    path: Path
    line: int
    message: str
    rule: str = "contract"

    @override
    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(slots=True)
class Faults:
    """Collects faults, so that one run reports all of them."""

    found: set[Fault] = field(default_factory=set)

    def __iter__(self) -> Iterator[Fault]:
        return iter(sorted(self.found))

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, fault: Fault) -> None:
        self.found.add(fault)

    def add_all(self, faults: "ContractError | Faults") -> None:
        self.found.update(faults if isinstance(faults, Faults) else faults.faults)

    def stop_if_any(self) -> None:
        """Raise ContractError if there are faults."""
        if self.found:
            raise ContractError(list(self))


class ContractError(Exception):
    """The contracts are invalid. Has all faults."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults
