import shutil
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.contracts.repository import Repository

TREE: Final = Path(__file__).parents[1] / "contracts" / "tree"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A copy of the small contracts: mail, shop and stock."""
    root = tmp_path / "tree"
    shutil.copytree(TREE, root)
    return Repository(root)
