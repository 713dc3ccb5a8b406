"""For each change of a contract that the code does not implement, a gate must fail.

A mutation is applied to a copy of contracts and services, which is restored after each test. The
named gates must stop it: the generator, lint, diff, the type checker on the service's code, or a
contract test. docs/contract-mutations.md has the table.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from tests.contract.mutations.answers import ANSWERS
from tests.contract.mutations.bodies import BODIES
from tests.contract.mutations.events import EVENTS
from tests.contract.mutations.mutation import Mutation
from tests.contract.mutations.operations import OPERATIONS
from tests.contract.mutations.tree import GATES, READ_CONTRACTS_ONLY, Tree

from waybill_toolkit.contracts.generate.bundle import Bundle
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.validate import validate_openapi
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.contract_edits import remove, rewrite

MUTATIONS = (*OPERATIONS, *BODIES, *ANSWERS, *EVENTS)
TABLE = Path(__file__).parents[2] / "docs" / "contract-mutations.md"

ALL_GATES: Final = "WAYBILL_ALL_GATES"
"""If set, every gate runs, not only the named ones, so that the table is complete."""

WRITE_TABLE: Final = "WAYBILL_WRITE_TABLE"

INTRODUCTION: Final = """# Which check detects which contract mutation

Written by `tests/contract/test_mutations.py`, which applies each mutation to a copy of the
repository and runs the checks. `make contract-mutations` runs all of them and writes this page.
Checks that need generated code do not run when the generator refuses the contract.

"""


@pytest.fixture(scope="module")
def copied(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    root = tmp_path_factory.mktemp("mutations")
    shutil.copytree(repository.root / "contracts", root / "contracts")
    shutil.copy(repository.root / "pyproject.toml", root)
    (root / "libs").symlink_to(repository.root / "libs")
    for service in repository.packages:
        source = Path("services", service, "src")
        ignored = shutil.ignore_patterns("__pycache__")  # others write there meanwhile
        shutil.copytree(repository.root / source, root / source, ignore=ignored)
    tree = Tree(Repository(root), repository)
    return replace(tree, errors=frozenset(tree.type_errors(*repository.services)))


@pytest.fixture
def tree(copied: Tree) -> Iterator[Tree]:
    """The copy, which is restored afterwards."""
    folders = [copied.root / "contracts"]
    folders += [copied.repository.package(each) for each in copied.repository.packages]
    before = _contents(folders)
    yield copied
    after = _contents(folders)
    for path in after.keys() - before.keys():
        path.unlink()
    for path, content in before.items():
        if after.get(path) != content:
            path.write_bytes(content)


def _contents(folders: list[Path]) -> dict[Path, bytes]:
    files = (path for folder in folders for path in folder.rglob("*.*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.suffix != ".pyc"}


def test_nothing_is_found_when_nothing_is_changed(copied: Tree) -> None:
    nothing = Mutation("nothing", "orders/openapi.yaml", remove(), "types")

    assert copied.errors == frozenset()
    assert [gate for gate in GATES if copied.is_stopped_by(gate, nothing)] == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_mutation_is_stopped_by_the_gates_that_the_table_names(
    tree: Tree, mutation: Mutation
) -> None:
    rewrite(tree.root / "contracts" / mutation.document, mutation.edit)
    named = [gate for gate in GATES if gate in mutation.stopped_by.split()]

    found: list[str] = []
    for gate in _gates_to_run(named):
        if "generator" not in found or gate in READ_CONTRACTS_ONLY:
            found += [gate] * tree.is_stopped_by(gate, mutation)

    assert found == named, f"{mutation}: {' '.join(found)}"


def _gates_to_run(named: list[str]) -> list[str]:
    if os.environ.get(ALL_GATES):
        return list(GATES)
    needs_generated = not READ_CONTRACTS_ONLY.issuperset(named)
    return [gate for gate in GATES if gate in named or (gate == "generator" and needs_generated)]


@pytest.fixture(scope="module", autouse=True)
def _validated_once() -> Iterator[None]:
    """Validate an unchanged document only once: validation takes half of the time."""
    valid: set[str] = set()

    def validate(bundled: Bundle, faults: Faults) -> None:
        text = bundled.text()
        if text not in valid:
            validate_openapi(bundled, faults)
        if not faults:
            valid.add(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("waybill_toolkit.contracts.generate.service.validate_openapi", validate)
        yield


def test_every_mutation_is_stopped_and_listed_in_the_table() -> None:
    assert len(MUTATIONS) >= 40
    assert all(mutation.stopped_by.split() for mutation in MUTATIONS)
    if os.environ.get(WRITE_TABLE):
        TABLE.write_text(_table(), encoding="utf-8")

    assert TABLE.read_text(encoding="utf-8") == _table(), "run make contract-mutations"


def _table() -> str:
    """Format the results as a table, in the order of the suite."""
    gates = [f"- **{gate}**: {meaning}" for gate, meaning in GATES.items()]
    head = ["Contract", "Mutation", *GATES]
    rows = [
        [f"`{mutation.document}`", mutation.name, *(_mark(gate, mutation) for gate in GATES)]
        for mutation in sorted(MUTATIONS, key=lambda each: each.is_of_events)
    ]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    counts = [sum(gate in each.stopped_by.split() for each in MUTATIONS) for gate in GATES]
    lines.append(f"| | **{len(MUTATIONS)}** | {' | '.join(map(str, counts))} |")
    return INTRODUCTION + "\n".join([*gates, "", *lines]) + "\n"


def _mark(gate: str, mutation: Mutation) -> str:
    return "x" if gate in mutation.stopped_by.split() else ""
