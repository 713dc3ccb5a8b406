"""Reads which targets of the Makefile CI makes, and which tests their commands run."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

SCRIPT: Final = Path(".ci/run")
WORKFLOWS: Final = Path(".github/workflows")
_TARGET: Final = re.compile(r"\bmake (?:--?\S+ )*((?:[a-z][\w./-]*\s*)+)")
_LATER: Final = re.compile(r"\blater\+?=\(([^)]*)\)")
"""A list of targets in the script."""
_ASSIGNED: Final = re.compile(r"\b(WAYBILL_\w+)=\S")


@dataclass(frozen=True)
class Command:
    """A command that runs pytest: the variables it sets, and the files it names."""

    variables: frozenset[str]
    paths: tuple[Path, ...]
    ignored: tuple[Path, ...]

    def includes(self, file: Path) -> bool:
        return _is_in(file, self.paths) and not _is_in(file, self.ignored)


def targets_of_script(text: str) -> set[str]:
    """Return the targets that a shell script makes."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "echo "))]
    found = [each for line in lines for each in _TARGET.findall(line) + _LATER.findall(line)]
    return {target for each in found for target in each.split()}


def targets_of_workflow(text: str) -> set[str]:
    """Return the targets that a workflow of GitHub Actions makes."""
    workflow: dict[str, Any] = yaml.safe_load(text)
    found: set[str] = set()
    for job in workflow["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        included = [each["target"] for each in matrix.get("include", ())]
        found |= {each.split()[0] for each in [*matrix.get("target", ()), *included]}
        for step in job["steps"]:
            found |= targets_of_script(step.get("run", ""))
    return found


def targets_of_ci(root: Path) -> set[str]:
    """Return the targets of the script and of all workflows."""
    found = targets_of_script((root / SCRIPT).read_text("utf-8"))
    for path in (root / WORKFLOWS).glob("*.yaml"):
        found |= targets_of_workflow(path.read_text("utf-8"))
    return found


def commands_of_tests(root: Path, targets: Iterable[str]) -> Iterator[Command]:
    """Yield the commands of targets that run pytest, as `make` would call them."""
    # Without the options of a `make` that has started this.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    for target in sorted(targets):
        command = ["make", "--dry-run", "--no-print-directory", target]
        lines = subprocess.check_output(command, cwd=root, env=environment, text=True)
        for line in lines.replace("\\\n", " ").splitlines():
            if "pytest" in line:
                yield command_of_tests(root, line)


def command_of_tests(root: Path, command: str) -> Command:
    """Read a command."""
    words = command.partition("pytest")[2].split()
    ignored = [word.removeprefix("--ignore=") for word in words if word.startswith("--ignore=")]
    named = [word.partition("::")[0] for word in words if "/" in word and word[0] != "-"]
    return Command(
        frozenset(_ASSIGNED.findall(command)),
        tuple(path for name in named for path in root.glob(name)) if named else (root,),
        tuple(root / name for name in ignored),
    )


def _is_in(file: Path, places: Iterable[Path]) -> bool:
    return any(file == each or each in file.parents for each in places)
