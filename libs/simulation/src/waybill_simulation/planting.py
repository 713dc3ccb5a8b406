"""Plants a bug: edits the source of a module when it is imported."""

import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from textwrap import dedent, indent
from types import CodeType, ModuleType
from typing import Final

from typing_extensions import override

_ASKED_OF_SELF: Final = re.compile(r"\bself\.(\w+)")
_METHOD: Final = re.compile(r"\bdef (\w+)")


class PlayName(StrEnum):
    """What is simulated, with scenarios and invariants of its own; see `plays.py`."""

    ORDERS = "orders"
    DIVIDED_STOCK = "divided-stock"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces lines of a module. New lines are indented as the first replaced line."""

    module: str
    old: str
    new: str

    def apply(self, source: str) -> str:
        """Edit. Raises UnfitMutantError unless the old lines occur exactly once."""
        old = [line.strip() for line in self.old.strip().splitlines()]
        lines = source.splitlines()
        found = [
            at
            for at in range(len(lines))
            if [line.strip() for line in lines[at : at + len(old)]] == old
        ]
        if len(found) != 1:
            raise UnfitMutantError(f"{self.module} has {len(found)} times: {old[0]}")
        [at] = found
        margin = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        new = indent(dedent(self.new).strip("\n"), margin).splitlines()
        return "\n".join([*lines[:at], *new, *lines[at + len(old) :], ""])


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug, and the play that finds it."""

    name: str
    meaning: str
    edit: Edit
    play: PlayName = PlayName.ORDERS


class UnfitMutantError(Exception):
    """The code has changed: the lines that a mutant replaces are missing."""


def check(mutant: Mutant) -> None:
    """Check that the mutant fits the code. Raises UnfitMutantError or SyntaxError.

    What it asks of `self` the module has to have: a history that ends with an AttributeError would
    count as one that does not find it.
    """
    spec = importlib.util.find_spec(mutant.edit.module)
    if spec is None or spec.origin is None:
        raise UnfitMutantError(f"there is no module {mutant.edit.module}")
    source = Path(spec.origin).read_text()
    changed = mutant.edit.apply(source)
    compile(changed, spec.origin, "exec")
    unknown = _asked_of_self(changed) - _asked_of_self(source) - set(_METHOD.findall(changed))
    if unknown:
        raise UnfitMutantError(f"{mutant.edit.module} has no self.{min(unknown)}")


def _asked_of_self(source: str) -> set[str]:
    return set(_ASKED_OF_SELF.findall(source))


def plant(mutant: Mutant) -> None:
    """Edit the module when it is imported. Call this before that, in a separate process."""
    if mutant.edit.module in sys.modules:
        raise UnfitMutantError(f"{mutant.edit.module} is imported already")
    sys.meta_path.insert(0, _Finder(mutant.edit))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, edit: Edit) -> None:
        super().__init__(fullname, path)
        self._edit = edit

    @override
    def get_code(self, fullname: str) -> CodeType:
        source = self._edit.apply(self.get_data(self.path).decode())
        return compile(source, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, edit: Edit) -> None:
        self._edit = edit

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._edit.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = _Loader(fullname, spec.origin, self._edit)
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=loader)
