"""A new service passes every check; a failed creation leaves no files."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.gates.answers import unused_answers
from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.gates.registry import registry_differences
from waybill_toolkit.contracts.gates.scopes import scope_differences
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository, stale
from waybill_toolkit.new import service
from waybill_toolkit.new.service import RefusedError

LONG = "servicewithalongname"
TREE = Path(__file__).parents[4]
AWKWARD = [("zones", "member"), ("accounts", "account"), (LONG, "thing_with_long_nam")]
"""Sorted after `waybill`, with an owner; named like its entity; of the maximum length."""


def _new(name: str, entity: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), ["new", "service", name, "--entity", entity])
    return result.exit_code, result.output


def _contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _run(*arguments: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _copy_types_cache(root: Path) -> None:
    """Copy the cache of mypy, if there is one: without it, mypy analyses all libraries again.

    SQLite copies each database in one piece, also while a mypy of the tree writes to it.
    """
    for path in (TREE / ".mypy_cache").glob("*/*.db"):
        copy = root / path.relative_to(TREE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as cache, closing(sqlite3.connect(copy)) as copied:
            cache.backup(copied)


def test_new_services_with_any_names_pass_every_check(copied: Repository) -> None:
    for name, entity in AWKWARD:
        code, output = _new(name, entity)
        assert code == 0, output

    folders = [f"services/{name}" for name, _ in AWKWARD]
    names = [name for name, _ in AWKWARD]
    assert list(stale(copied.generate([*names, "gateway"]))) == []
    assert lint(copied) == []
    assert example_faults(copied, names) == []
    assert unused_answers(copied) == []
    assert registry_differences(copied) == []
    scopes = yaml.safe_load((copied.root / "tests/contract/scopes.yaml").read_bytes())
    assert scope_differences(copied, scopes) == []
    _run("ruff", "check", "--no-cache", *folders)
    _run("ruff", "format", "--no-cache", "--check", *folders)
    _copy_types_cache(copied.root)
    _run("mypy", *folders)


def test_a_new_service_is_part_of_the_public_api(copied: Repository) -> None:
    code, output = _new("loyalty", "award")

    assert code == 0
    assert "GET /v1/awards: ['loyalty:read']" in output
    assert "award-not-found: {status: 404" in output
    public = json.loads((copied.package("gateway") / "openapi.json").read_bytes())
    assert public["paths"]["/v1/awards"]["get"]["x-service"] == "loyalty"


@pytest.mark.parametrize("error", [RefusedError("no pip"), KeyboardInterrupt()])
def test_failed_creation_leaves_no_files(
    copied: Repository, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(folder: Path) -> None:
        assert (folder / "pyproject.toml").is_file()
        raise error

    monkeypatch.setattr(service, "_install", fail)
    before = _contents(copied.root)

    code, output = _new("loyalty", "award")

    assert code != 0
    assert _contents(copied.root) == before
    assert not (copied.root / "services/loyalty").exists()
    if isinstance(error, RefusedError):
        assert (code, output) == (1, "no pip\n")


def test_conflicting_contracts_leave_no_files(copied: Repository) -> None:
    path = copied.root / "contracts/catalog/openapi.yaml"
    path.write_text(path.read_text().replace("operationId: get_product", "operationId: get_award"))
    before = _contents(copied.root)

    code, output = _new("loyalty", "award")

    assert code == 1
    assert "contracts/loyalty/openapi.yaml:" in output
    assert "get_award" in output
    assert _contents(copied.root) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("pyproject.toml", "mypy_path = [\n", "mypy_path = [", "no mypy_path with a line"),
        ("pyproject.toml", "catalog | ", "", "pyproject.toml"),
        ("tests/contract/scopes.yaml", "orders:", "loyalty:", "names loyalty already"),
    ],
)
def test_unexpected_list_leaves_no_files(
    copied: Repository, file: str, old: str, new: str, reason: str
) -> None:
    path = copied.root / file
    text = path.read_text().replace(old, new)
    path.write_text(text if new or "|" not in old else text.replace(" | ", " + "))
    before = _contents(copied.root)

    code, output = _new("loyalty", "award")

    assert (code, reason in output) == (1, True), output
    assert _contents(copied.root) == before


def test_it_is_refused_outside_of_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    code, output = _new("loyalty", "award")

    assert code == 1
    assert "change into the repository" in output
