"""The enumerations that can get new values."""

import copy
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.openness import OPEN, open_schemas
from waybill_toolkit.contracts.sdk.python.models import make_models
from waybill_toolkit.contracts.sdk.reading import public_contract_of, read_public_contract
from waybill_toolkit.contracts.sdk.typescript.types import type_of

TREE: Final = Path(__file__).parents[1] / "contracts" / "tree"
EITHER: Final = {"enum": ["a", "b", None], "type": ["string", "null"]}


@pytest.fixture(scope="module")
def contract() -> PublicContract:
    """The small contracts; a sale has a nullable enumeration, one of numbers, and a tag."""
    openapi: Any = copy.deepcopy(read_public_contract(Repository(TREE)).openapi)
    fields = {"either": EITHER, "number": {"enum": [1, 2]}, "tag": {"enum": ["sale"]}}
    openapi["components"]["schemas"]["Sale"]["properties"] |= fields
    return public_contract_of(openapi, {})


def test_enumerations_of_answers_are_open_and_those_only_sent_are_closed(
    contract: PublicContract,
) -> None:
    schemas = open_schemas(contract)

    sale = schemas["Sale"]["properties"]
    assert [name for name, each in sale.items() if OPEN in each] == ["place", "either"]
    assert OPEN in schemas["State"]
    assert OPEN not in str(schemas["Sell"])


def test_an_open_enumeration_is_a_union_with_text(contract: PublicContract) -> None:
    models = make_models(contract, "waybill_client")

    assert """State = TypeAliasType("State", Literal['open', 'closed'] | str)""" in models
    assert "Literal['a', 'b'] | str | None" in models
    assert "kind: Literal['sale', 'gift'] | None" in models
    assert type_of({**EITHER, OPEN: True}) == '"a" | "b" | null | (string & {})'
