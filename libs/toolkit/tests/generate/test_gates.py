import json
from pathlib import Path

import pytest

from waybill_toolkit.contracts.gates.answers import unused_answers
from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.gates.registry import registry_differences
from waybill_toolkit.contracts.gates.scopes import scope_differences
from waybill_toolkit.contracts.repository import Repository

COUNTED = {"sku": "a", "units": 1}


@pytest.fixture
def generated(repository: Repository) -> Repository:
    repository.write(repository.generate(["shop"]))
    return repository


def _example(tree: Repository, service: str, name: str, value: object) -> None:
    path = tree.root / "contracts" / service / "examples" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_examples_that_are_judged_as_their_names_say_are_in_order(generated: Repository) -> None:
    _example(generated, "stock", "Counted/valid-one.json", COUNTED)
    _example(generated, "stock", "Counted/invalid-negative.json", {**COUNTED, "units": -1})

    assert example_faults(generated) == []


def test_an_example_that_is_judged_otherwise_is_found(generated: Repository) -> None:
    _example(generated, "stock", "Counted/valid-text.json", {**COUNTED, "units": "1"})
    _example(generated, "stock", "Counted/invalid-not.json", COUNTED)

    assert example_faults(generated) == [
        "stock/Counted/invalid-not.json: the model shop.received differs",
        "stock/Counted/valid-text.json: the model shop.received differs",
    ]


def test_a_model_that_is_laxer_than_its_schema_is_found(generated: Repository) -> None:
    _example(generated, "stock", "Counted/invalid-text.json", {**COUNTED, "units": "1"})
    received = generated.package("shop") / "received.py"
    received.write_text(received.read_text().replace("[StrictInt,", "[int,"))

    assert "stock/Counted/invalid-text.json: the model shop.received differs" in example_faults(
        generated
    )


def test_answers_that_no_code_makes_are_found(generated: Repository) -> None:
    code = generated.package("shop").parent / "api.py"
    code.write_text("def sell():\n    return api.Sell201(), Sell204(), send(SoldOut(), Sold())\n")

    assert unused_answers(generated) == [
        "shop: GetSale200 is declared and never made",
        "shop: Refunded is declared and never made",
        "shop: SaleNotFound is declared and never made",
    ]


def test_a_class_that_is_only_named_is_not_made(generated: Repository) -> None:
    code = generated.package("shop").parent / "api.py"
    code.write_text("from shop.contract.api import GetSale200\nRESULT = GetSale200\n")

    assert "shop: GetSale200 is declared and never made" in unused_answers(generated)


def test_scopes_are_compared_both_ways(repository: Repository) -> None:
    table = {"shop": {"POST /v1/sales": ["shop:read"], "GET /v1/gone": ["shop:read"]}}

    assert scope_differences(repository, table) == [
        "shop, GET /v1/gone: the contract says None, the table ['shop:read']",
        "shop, GET /v1/sales/{sale_id}: the contract says ['shop:read'], the table None",
        "shop, POST /v1/sales: the contract says ['shop:write'], the table ['shop:read']",
    ]


def test_registry_entries_that_nothing_uses_are_found(repository: Repository) -> None:
    path: Path = repository.root / "contracts/shared/problems.yaml"
    path.write_text(path.read_text() + "lost: {status: 404, title: Lost, raised_by: handler}\n")

    assert "lost: no contract uses it" in registry_differences(repository)
