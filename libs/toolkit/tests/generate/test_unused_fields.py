"""Fields of a contract that the code of its service does not use, in a tree of a small shop."""

import shutil
from pathlib import Path

import pytest

from waybill_toolkit.contracts.gates.fields import unused_fields
from waybill_toolkit.contracts.repository import Repository


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The shop without code: each test writes its own."""
    tree = Repository(tmp_path_factory.mktemp("tree"))
    shutil.copytree(Path(__file__).with_name("contracts"), tree.root / "contracts")
    tree.write(tree.generate(["shop"]))
    return tree


USES_ALL = """
from collections.abc import Sequence
from uuid import UUID

from pydantic import MISSING

from shop.contract import models
from shop.contract.models import Sale as Answer
from shop.contract.sent import Refunded, Sold, SoldBuyer
from shop.contract.shared import Money
from waybill.http import Asked


class Till:
    wanted: "models.Sell"


def sell(asked: Sequence[Asked[models.Sell]]) -> Answer:
    for each in asked:
        what = [each.body.sku, each.body.change]
        match each.body.pay:
            case models.Card(kind=kind, token=token):
                what += [kind, token]
            case other:
                what += [other.kind]
    price = Money(amount_minor=1, currency="GBP")
    return Answer(sale_id=UUID(int=1), state="open", price=price, sold_at=NOW, due=DUE, next=None)


def print_total(till: Till) -> None:
    print(till.wanted.description)
    send(Refunded(sale_id=UUID(int=1), reason="late"))
    send(Sold(sale_id=UUID(int=1), price=PRICE, buyer=SoldBuyer(name="n", greeting="hello")))
"""


def _fields_that_are_not_used(tree: Repository, code: str) -> list[str]:
    (tree.package("shop").parent / "api.py").write_text(code)
    return [fault.message.partition(":")[0] for fault in unused_fields(tree)]


def test_fields_that_are_read_or_given_are_used(generated: Repository) -> None:
    assert _fields_that_are_not_used(generated, USES_ALL) == []


@pytest.mark.parametrize(
    ("before", "after", "unused"),
    [
        (", each.body.change]", "]", "Sell.change"),
        ("till.wanted.description", "till.wanted.sku", "Sell.description"),
        ("till.wanted.description", "Till().description", "Sell.description"),
        ("[kind, token]", "[kind]", None),
        ("(kind=kind, token=token)", "(kind=kind)", "Card.token"),
        ("due=DUE", "due=MISSING", "Sale.due"),
        ("due=DUE, ", "", "Sale.due"),
        ('greeting="hello"', "greeting=MISSING", "Sold.buyer.greeting"),
        ("buyer=SoldBuyer(name", "buyer=MISSING, other=SoldBuyer(name", "Sold.buyer"),
    ],
)
def test_a_field_that_is_not_read_or_given_is_found(
    generated: Repository, before: str, after: str, unused: str | None
) -> None:
    assert before in USES_ALL

    found = _fields_that_are_not_used(generated, USES_ALL.replace(before, after))
    assert found == ([unused] if unused else [])


def test_a_field_of_another_class_that_has_the_same_name_does_not_count(
    generated: Repository,
) -> None:
    other = "class Other:\n    description: str\n\ndef show(other: Other) -> str:\n    "
    code = USES_ALL.replace("till.wanted.description", "till.wanted.sku")

    found = _fields_that_are_not_used(generated, f"{code}\n{other}return other.description\n")
    assert found == ["Sell.description"]


def test_unused_field_is_reported_with_its_line_and_what_to_do(generated: Repository) -> None:
    (generated.package("shop").parent / "api.py").write_text(
        USES_ALL.replace(", each.body.change]", "]")
    )

    [fault] = unused_fields(generated)
    path = generated.root / "contracts/shop/openapi.yaml"
    assert "change:" in path.read_text().splitlines()[fault.line - 1]
    assert str(fault) == (
        f"{path}:{fault.line}: Sell.change: nothing in services/shop/src/shop reads it; read it,"
        " or take it out of the contract."
    )


def test_an_exception_is_heeded_while_it_is_needed(generated: Repository) -> None:
    path = generated.package("shop").parent / "api.py"
    exceptions = {"shop": {"Sell.change": "the till gives it"}}

    path.write_text(USES_ALL.replace(", each.body.change]", "]"))
    assert unused_fields(generated, exceptions) == []
    path.write_text(USES_ALL)
    assert "Sell.change is used; remove its exception." in str(unused_fields(generated, exceptions))
