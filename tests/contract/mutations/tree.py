"""A copy of the repository, and the gates that check it."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from tests.contract.mutations.mutation import Mutation

from waybill_toolkit.contracts.diff.judgement import judge
from waybill_toolkit.contracts.gates.answers import unused_answers
from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.gates.fields import unused_fields
from waybill_toolkit.contracts.gates.registry import registry_differences
from waybill_toolkit.contracts.gates.scopes import scope_differences
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository

GATES: Final = {
    "generator": "`waybill generate` refuses it",
    "lint": "`waybill contracts lint`, its own rules",
    "diff": "`waybill contracts diff`",
    "types": "mypy on the service's code",
    "answers": "test: every declared answer and event is made somewhere",
    "fields": "test: every field of a contract is read or given by the service's code",
    "examples": "test: the models judge examples as they are named",
    "scopes": "test: scopes are those of the reviewed table",
    "registry": "test: the registry of problems is what runtime and contracts know",
}
"""The gates, in the order in which they run."""

READ_CONTRACTS_ONLY: Final = frozenset({"lint", "diff"})
"""These also run when the generator has refused the contract."""

SCOPES = Path(__file__).parents[1] / "scopes.yaml"


@dataclass(frozen=True)
class Tree:
    """A copy of contracts and services. `errors` are the type errors of the unchanged copy."""

    repository: Repository
    original: Repository
    errors: frozenset[str] = frozenset()

    @property
    def root(self) -> Path:
        return self.repository.root

    def is_stopped_by(self, gate: str, mutation: Mutation) -> bool:
        """Return whether a gate stops the mutation."""
        match gate:
            case "generator":
                return self.is_refused(mutation)
            case "lint":
                return bool(lint(self.repository))
            case "diff":
                return self.is_breaking()
            case "types":
                return bool(self.type_errors(mutation.checked))
            case _:
                return bool(self.differences(gate, mutation.checked))

    def is_breaking(self) -> bool:
        before, after = (each.root / "contracts" for each in (self.original, self.repository))
        try:
            return not judge(before, after).allowed
        except ContractError:
            return False  # there is no verdict; the command fails

    def is_refused(self, mutation: Mutation) -> bool:
        """Generate; the following gates use the generated files."""
        try:
            self.repository.write(self.repository.generate([mutation.checked]))
        except ContractError:
            return True
        return False

    def type_errors(self, *services: str) -> set[str]:
        """Run the type checker; return its new errors in hand-written code."""
        run = subprocess.run(
            [sys.executable, "-m", "mypy", *(f"services/{each}/src" for each in services)],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in (0, 1), run.stdout + run.stderr
        found = {line for line in run.stdout.splitlines() if ": error:" in line}
        return {line for line in found - self.errors if _is_by_hand(line.partition(":")[0])}

    def differences(self, gate: str, service: str) -> list[str]:
        """Run the check of one of the contract tests."""
        checks: Mapping[str, Callable[[Repository], list[str]]] = {
            "answers": unused_answers,
            "fields": lambda tree: list(map(str, unused_fields(tree))),
            "examples": lambda tree: example_faults(tree, [service]),
            "registry": registry_differences,
            "scopes": lambda tree: scope_differences(tree, yaml.safe_load(SCOPES.read_bytes())),
        }
        return checks[gate](self.repository)


def _is_by_hand(file: str) -> bool:
    return file.startswith("services/") and "/contract/" not in file
