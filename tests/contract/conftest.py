from pathlib import Path

import pytest

from waybill_toolkit.contracts.repository import Repository


@pytest.fixture(scope="session")
def repository() -> Repository:
    """The current tree."""
    return Repository.around(Path(__file__).parent)
