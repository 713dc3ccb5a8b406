import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository

CONTRACTS = Path(__file__).with_name("contracts")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A small separate tree: a shop that receives events of stock."""
    shutil.copytree(CONTRACTS, tmp_path / "contracts")
    return Repository(tmp_path)
