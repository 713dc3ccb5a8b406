from collections.abc import Mapping
from typing import Final

from waybill_toolkit.contracts.gates.fields import unused_fields
from waybill_toolkit.contracts.repository import Repository

EXCEPTIONS: Final[Mapping[str, Mapping[str, str]]] = {}
"""Service -> `Schema.field` -> the reason why no code uses it."""


def test_every_field_that_a_contract_promises_is_used(repository: Repository) -> None:
    assert "\n".join(map(str, unused_fields(repository, EXCEPTIONS))) == ""
