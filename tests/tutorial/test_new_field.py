"""A typical change: orders accept, store, return and publish a gift note.

The change is made in a copy of the tree. It touches few files, none of them in libs/, and a gate
reports each part that is missing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
import yaml
from typing_extensions import override

from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.gates.fields import unused_fields
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository, stale

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("contracts", "services", "conftest.py", "pyproject.toml")
PAGES: Final = "contract/pages/"
"""Pages are rendered from the contracts; they are not written or reviewed by hand."""

FILES_MAX: Final = 15


@dataclass(frozen=True)
class Edit:
    """Lines that are put behind others in a file; without others, the file is new."""

    file: str
    lines: str
    behind: str = ""

    def apply(self, root: Path) -> None:
        path = root / self.file
        text = path.read_text(encoding="utf-8") if self.behind else ""
        assert text.count(self.behind) == 1 or not self.behind, f"{self.file}: {self.behind}"
        path.write_text(text.replace(self.behind, self.behind + self.lines), encoding="utf-8")


EDITS: Final[Mapping[str, Edit]] = {
    name: Edit(**edit)
    for name, edit in yaml.safe_load(
        Path(__file__).with_name("new_field.yaml").read_bytes()
    ).items()
}


@dataclass(frozen=True)
class Slip:
    """A part of the change that is forgotten, the gate that stops it, and its words.

    `instead` are lines that do it badly.
    """

    forgotten: str
    gate: str
    reason: str
    instead: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.forgotten}, {'done badly' if self.instead else 'forgotten'}"


ALWAYS_LEFT_OUT: Final = "        gift_note=MISSING,\n"
NO_COLUMN: Final = 'column "gift_note" of relation "orders" does not exist'
SLIPS: Final = [
    Slip("the request", "types", '"PlaceOrder" has no attribute "gift_note"'),
    Slip("the answer", "types", 'Unexpected keyword argument "gift_note" for "Order"'),
    Slip("the event", "types", 'Unexpected keyword argument "gift_note" for "OrderPlaced"'),
    Slip("an example of the request", "lint", "no valid example of PlaceOrder has gift_note"),
    Slip("an example of the answer", "lint", "no valid example of Order has gift_note"),
    Slip("an example of the event", "lint", "no valid example of OrderPlaced has gift_note"),
    Slip("the migration", "test", NO_COLUMN),
    Slip("the order", "types", 'Unexpected keyword argument "gift_note" for "Order"'),
    Slip("reading the request", "fields", "PlaceOrder.gift_note: nothing in"),
    Slip("sending the event", "types", 'Missing named argument "gift_note" for "OrderPlaced"'),
    Slip("answering", "types", 'Missing named argument "gift_note" for "Order"'),
    Slip("sending the event", "fields", "OrderPlaced.gift_note: nothing in", ALWAYS_LEFT_OUT),
    Slip("answering", "fields", "Order.gift_note: nothing in", ALWAYS_LEFT_OUT),
    Slip("what is generated", "fresh", "services/orders/src/orders/contract/models.py"),
]


@dataclass(frozen=True)
class Tree:
    """A copy of the tree."""

    root: Path

    @property
    def repository(self) -> Repository:
        return Repository(self.root)

    def change(self, slip: Slip | None = None) -> None:
        """Make the change, but for what is forgotten, and generate what follows from it."""
        edits = {name: edit for name, edit in EDITS.items() if not slip or name != slip.forgotten}
        if slip and slip.instead:
            edits[slip.forgotten] = replace(EDITS[slip.forgotten], lines=slip.instead)
        for edit in edits.values():
            edit.apply(self.root)
        if not slip or slip.forgotten != "what is generated":
            self.repository.write(self.repository.generate(self.repository.packages))

    def ask(self, gate: str) -> str:
        """Give what a gate has to say; "" when it is content."""
        gates: Mapping[str, Callable[[], Sequence[object]]] = {
            "types": lambda: self._run("mypy", "services/orders/src"),
            "lint": lambda: lint(self.repository),
            "fields": lambda: unused_fields(self.repository),
            "examples": lambda: example_faults(self.repository),
            "fresh": lambda: list(stale(self.repository.generate(self.repository.packages))),
            "test": lambda: self._run("pytest", "-q", "services/orders/tests"),
            "simulation": lambda: self._run(
                "waybill_toolkit", "simulate", "--histories", "20", "--workers", "1"
            ),
        }
        return "\n".join(map(str, gates[gate]()))

    def _run(self, module: str, *arguments: str) -> list[str]:
        sources = map(str, self.root.glob("services/*/src"))
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
            capture_output=True,
            text=True,
            check=False,
        )
        return [done.stdout, done.stderr] if done.returncode else []

    def contents(self) -> dict[str, str]:
        """Sum up every file that is kept in git."""
        paths = (path for name in COPIED for path in (self.root / name).rglob("*"))
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in paths
            if path.is_file() and "__pycache__" not in path.parts
        }


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    root = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, root / name, ignore=ignored, symlinks=True)
        else:
            shutil.copy(source, root / name)
    for name in ("libs", "docs"):
        (root / name).symlink_to(ROOT / name)
    return Tree(root)


@pytest.fixture
def tree(copied: Tree) -> Iterator[Tree]:
    """The copy, put right again afterwards."""
    before = copied.contents()
    yield copied
    for name, _ in copied.contents().items() - before.items():
        (copied.root / name).unlink()
        if name in before:
            shutil.copy(ROOT / name, copied.root / name)


SLOW: Final = pytest.mark.skipif(
    "WAYBILL_TUTORIAL" not in os.environ, reason="takes minutes: make tutorial"
)


def test_a_field_touches_few_files_and_none_of_the_libraries(tree: Tree) -> None:
    before = tree.contents()

    tree.change()

    after = tree.contents()
    touched = {name for name, content in after.items() if before.get(name) != content}
    by_hand = {edit.file for edit in EDITS.values()}
    assert by_hand <= touched
    assert len({name for name in touched if PAGES not in name}) <= FILES_MAX, sorted(touched)
    assert not [name for name in touched if name.startswith("libs/")]


@SLOW
def test_the_whole_change_passes_every_gate(tree: Tree) -> None:
    tree.change()

    for gate in ("fresh", "lint", "types", "fields", "examples", "test", "simulation"):
        assert tree.ask(gate) == "", gate


@SLOW
@pytest.mark.parametrize("slip", SLIPS, ids=str)
def test_a_gate_reports_each_missing_part(tree: Tree, slip: Slip) -> None:
    tree.change(slip)

    assert slip.reason in tree.ask(slip.gate)
