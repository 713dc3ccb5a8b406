from pathlib import Path

import yaml

from waybill_toolkit.contracts.gates.scopes import scope_differences
from waybill_toolkit.contracts.repository import Repository

TABLE = Path(__file__).with_name("scopes.yaml")


def test_scopes_are_those_of_the_reviewed_table(repository: Repository) -> None:
    assert scope_differences(repository, yaml.safe_load(TABLE.read_bytes())) == []
