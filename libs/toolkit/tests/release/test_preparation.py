"""A release has one version, and its changelog lists what has changed."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.release.changelog import release_notes
from waybill_toolkit.release.errors import ReleaseError
from waybill_toolkit.release.preparation import prepare
from waybill_toolkit.release.versions import current_version, set_version

ROOT: Final = Path(__file__).parents[4]
SCHEMA_VERSION: Final = "libs/common/src/waybill/postgres/schema_version.py"
DAY: Final = date(2026, 12, 1)
CHANGELOG: Final = (
    "# Changes\n\n## Unreleased\n\n- Orders have totals.\n\n## 0.1.0 (2026-11-01)\n\n- First.\n"
)
EMPTY: Final = "# Breaking changes.\nsince: 0.1.0\n"
LINE: Final = 'orders/openapi.yaml:\n  "Order.total is gone.": Totals replace it.\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a project with the contracts of this one, and two packages, at version 0.1.0."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    (tmp_path / "contracts" / "breaking-changes.yaml").write_text(EMPTY, "utf-8")
    for package in ("libs/common", "services/orders"):
        (tmp_path / package).mkdir(parents=True)
        shutil.copy(ROOT / package / "pyproject.toml", tmp_path / package)
    (tmp_path / SCHEMA_VERSION).parent.mkdir(parents=True)
    shutil.copy(ROOT / SCHEMA_VERSION, tmp_path / SCHEMA_VERSION)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    set_version(tmp_path, "0.1.0")
    return tmp_path


def announce(tree: Path, text: str) -> None:
    with (tree / "contracts" / "breaking-changes.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


def contents(tree: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in tree.rglob("*") if path.is_file()}


def test_all_files_of_this_project_have_the_same_version() -> None:
    assert current_version(ROOT)


@pytest.mark.parametrize(
    "file",
    [
        "services/orders/pyproject.toml",
        "contracts/orders/asyncapi.yaml",
        "contracts/breaking-changes.yaml",
    ],
)
def test_a_file_with_another_version_is_named(tree: Path, file: str) -> None:
    text = (tree / file).read_text("utf-8")
    (tree / file).write_text(text.replace("0.1.0", "0.3.0"), "utf-8")

    with pytest.raises(ReleaseError, match=f"same version: .*; 0.3.0 in {file}"):
        current_version(tree)


def test_a_release_sets_the_version_everywhere(tree: Path) -> None:
    prepare(tree, "0.1.1", DAY)

    assert current_version(tree) == "0.1.1"
    assert 'version = "0.1.1"' in (tree / "libs/common/pyproject.toml").read_text("utf-8")


def test_a_release_takes_over_from_the_release_before_it(tree: Path) -> None:
    taken_over = []
    for version in ("0.2.0", "0.2.1", "0.3.0"):
        (tree / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
        prepare(tree, version, DAY)
        text = (tree / SCHEMA_VERSION).read_text("utf-8")
        taken_over += re.findall(r'^UPGRADES_FROM: Final = "(.+)"$', text, re.MULTILINE)
    assert taken_over == ["0.1.0", "0.1.0", "0.2.1"]


def test_a_release_moves_the_changes_under_its_version(tree: Path) -> None:
    prepare(tree, "0.1.1", DAY)

    changelog = (tree / "CHANGELOG.md").read_text("utf-8")
    assert changelog.startswith(
        "# Changes\n\n## Unreleased\n\n## 0.1.1 (2026-12-01)\n\n- Orders have totals.\n"
    )
    assert release_notes(changelog, "0.1.1") == "- Orders have totals.\n"
    assert release_notes(changelog, "0.1.0") == "- First.\n"


def test_a_release_lists_the_breaking_changes_and_empties_their_file(tree: Path) -> None:
    announce(tree, LINE)

    prepare(tree, "0.2.0", DAY)

    notes = release_notes((tree / "CHANGELOG.md").read_text("utf-8"), "0.2.0")
    assert "- `orders/openapi.yaml`: Order.total is gone. Totals replace it.\n" in notes
    announced = (tree / "contracts/breaking-changes.yaml").read_text("utf-8")
    assert announced == EMPTY.replace("0.1.0", "0.2.0")


@pytest.mark.parametrize(
    ("version", "line", "reason"),
    [
        ("0.1.0", "", "not above 0.1.0"),
        ("0.0.9", "", "not above 0.1.0"),
        ("0.2", "", "no version"),
        ("v0.2.0", "", "no version"),
        ("0.1.1", LINE, "release 0.2.0 instead of 0.1.1"),
    ],
)
def test_a_version_that_cannot_be_released_changes_nothing(
    tree: Path, version: str, line: str, reason: str
) -> None:
    announce(tree, line)
    before = contents(tree)

    with pytest.raises(ReleaseError, match=reason):
        prepare(tree, version, DAY)

    assert contents(tree) == before


@pytest.mark.parametrize("changelog", ["# Changes\n", "# Changes\n\n## Unreleased\n\n## 0.1.0\n"])
def test_a_release_needs_changes(tree: Path, changelog: str) -> None:
    (tree / "CHANGELOG.md").write_text(changelog, "utf-8")
    before = contents(tree)

    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md has no"):
        prepare(tree, "0.1.1", DAY)

    assert contents(tree) == before


def test_a_breaking_change_without_a_reason_is_not_released(tree: Path) -> None:
    announce(tree, 'orders/openapi.yaml:\n  "Order.total is gone.": ""\n')

    with pytest.raises(ContractError, match="has no reason"):
        prepare(tree, "0.2.0", DAY)
