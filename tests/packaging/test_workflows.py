"""The workflows of GitHub Actions are valid, pinned, and run targets that exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.house.ci_targets import targets_of_workflow

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
ACTIONLINT: Final = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
PINNED: Final = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

UNPINNED = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n"


def unpinned(text: str) -> list[str]:
    """Return the actions without the hash of a commit and the name of its version."""
    found = re.findall(r"^\s*(?:- )?uses: (.+)$", text, re.MULTILINE)
    return [each for each in found if not PINNED.fullmatch(each)]


def unknown_targets(text: str, makefile: str) -> set[str]:
    """Return the targets of `make` that do not exist."""
    targets = set(
        re.findall(r"^([\w./$()-]+):", makefile.replace("$(VENV)", ".venv"), re.MULTILINE)
    )
    return targets_of_workflow(text) - targets


@pytest.fixture(scope="module")
def actionlint() -> Path:
    """Build actionlint. Go keeps what it has built, so a second run takes a second."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed, so actionlint cannot be built")
    folder = ROOT / ".waybill" / "cache" / "go-tools"
    environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        [go, "install", ACTIONLINT], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"actionlint cannot be built: {done.stderr.strip().splitlines()[-1]}")
    return folder / "actionlint"


def lint(actionlint: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(actionlint), "-no-color", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_actionlint_finds_no_fault(actionlint: Path) -> None:
    done = lint(actionlint, *WORKFLOWS)

    assert done.returncode == 0, done.stdout


def test_actionlint_finds_a_fault(actionlint: Path, tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text("utf-8")
    (tmp_path / "ci.yaml").write_text(text.replace("matrix.python }", "matrix.pyton }"), "utf-8")

    done = lint(actionlint, tmp_path / "ci.yaml")

    assert done.returncode == 1
    assert '"pyton" is not defined' in done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_are_given_by_job(path: Path) -> None:
    text = path.read_text("utf-8")

    assert unpinned(text) == []
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


def test_an_action_that_is_not_pinned_is_found() -> None:
    assert unpinned(UNPINNED) == ["actions/checkout@v4"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_targets_that_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert unknown_targets(path.read_text("utf-8"), makefile) == set()


def test_a_target_that_does_not_exist_is_found() -> None:
    text = "jobs:\n  a:\n    steps:\n      - run: make tset\n"

    assert unknown_targets(text, "test: lint\n") == {"tset"}


def test_the_workflow_tests_each_supported_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text("utf-8"))
    package = (ROOT / "libs" / "common" / "pyproject.toml").read_text("utf-8")

    versions: list[str] = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert f'requires-python = ">={versions[0]}"' in package
    assert versions == [f"3.{minor}" for minor in range(11, 15)]
