import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository

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
