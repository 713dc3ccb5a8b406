import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.reading import read_public_contract

TREE: Final = Path(__file__).parents[1] / "contracts" / "tree"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A copy of the small contracts: mail, shop and stock."""
    root = tmp_path / "tree"
    shutil.copytree(TREE, root)
    return Repository(root)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The imported Python package of the small contracts."""
    made = tmp_path_factory.mktemp("made")
    write("python", read_public_contract(Repository(TREE)), made)
    source = str(made / "src")
    sys.path.insert(0, source)
    try:
        yield import_module("waybill_client")
    finally:
        sys.path.remove(source)
        for name in [name for name in sys.modules if name.split(".")[0] == "waybill_client"]:
            del sys.modules[name]
