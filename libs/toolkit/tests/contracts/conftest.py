import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository

from .git_work import Work

TREE = Path(__file__).with_name("tree")


@pytest.fixture
def contracts() -> Path:
    """Three small services: mail receives sales of the shop, which sends commands to stock."""
    return TREE / "contracts"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A copy of their contracts."""
    shutil.copytree(TREE / "contracts", tmp_path / "contracts")
    return Repository(tmp_path)


@pytest.fixture
def work(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Work:
    """A git repository with them, of which `contracts` is the current folder."""
    made = Work(repository)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit()
    monkeypatch.chdir(repository.root / "contracts")
    return made
