import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new import service

TREE = Path(__file__).parents[4]
CACHES = shutil.ignore_patterns("__pycache__", ".*_cache")


@pytest.fixture
def tree() -> Repository:
    """The current tree, read-only."""
    return Repository(TREE)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A copy to change; services created there are not installed."""
    for folder in ("contracts", "services", "docs/services"):
        shutil.copytree(TREE / folder, tmp_path / folder, ignore=CACHES)
    for file in ("pyproject.toml", "tests/contract/scopes.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / file, tmp_path / file)
    (tmp_path / "libs").symlink_to(TREE / "libs")
    monkeypatch.setattr(service, "_install", lambda _: None)
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path)
