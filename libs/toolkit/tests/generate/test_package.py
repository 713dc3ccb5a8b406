import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from waybill_toolkit.contracts.gates.loading import load_models
from waybill_toolkit.contracts.repository import Repository, stale

SELL = {"sku": "a", "pay": {"kind": "cash"}}
SALE = {
    "sale_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "state": "open",
    "price": {"amount_minor": 1, "currency": "GBP"},
    "sold_at": "2026-01-01T12:00:00Z",
    "next": None,
}
MONEY = SALE["price"]

JUDGED: list[tuple[str, Any, bool]] = [
    ("Sell", SELL, True),
    ("Sell", {**SELL, "pay": {"kind": "card", "token": "t"}}, True),
    ("Sell", {**SELL, "pay": {"kind": "card"}}, False),
    ("Sell", {**SELL, "pay": {"kind": "cheque"}}, False),
    ("Sell", {**SELL, "description": "d", "change": -1}, True),
    ("Sell", {**SELL, "description": None}, False),
    ("Sell", {**SELL, "change": 0}, False),
    ("Sell", {**SELL, "change": "1"}, False),
    ("Sell", {**SELL, "sku": ""}, False),
    ("Sell", {**SELL, "sku": 1}, False),
    ("Sell", {**SELL, "more": 1}, False),
    ("Sell", {"sku": "a"}, False),
    ("Sale", SALE, True),
    ("Sale", {**SALE, "due": "2026-01-31"}, True),
    ("Sale", {**SALE, "due": "2026-02-30"}, False),
    ("Sale", {**SALE, "next": "n"}, True),
    ("Sale", {key: SALE[key] for key in SALE if key != "next"}, False),
    ("Sale", {**SALE, "state": "OPEN"}, False),
    ("Sale", {**SALE, "sale_id": "6ba7b8109dad11d180b400c04fd430c8"}, False),
    ("Sale", {**SALE, "sold_at": "2026-01-01"}, False),
    ("Sale", {**SALE, "price": {"amount_minor": True, "currency": "GBP"}}, False),
    ("Sale", {**SALE, "price": {"amount_minor": -1, "currency": "GBP"}}, False),
    ("Sale", {**SALE, "price": {"amount_minor": 1, "currency": "gbp"}}, False),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the shop, for tests that only read it."""
    tree = Repository(tmp_path_factory.mktemp("tree"))
    shutil.copytree(Path(__file__).with_name("contracts"), tree.root / "contracts")
    tree.write(tree.generate(["shop"]))
    return tree.package("shop")


@pytest.mark.parametrize(("schema", "value", "good"), JUDGED)
def test_models_judge_as_the_schema_does(
    package: Path, schema: str, value: object, good: Literal[True, False]
) -> None:
    document = json.loads((package / "openapi.json").read_bytes())
    by_schema = Draft202012Validator(
        {**document, "$ref": f"#/components/schemas/{schema}"},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    ).is_valid(value)
    model = TypeAdapter(getattr(load_models(package)["models"], schema))
    try:
        model.validate_json(json.dumps(value))
        by_model = True
    except ValidationError:
        by_model = False

    assert (by_schema, by_model) == (good, good)


def test_one_class_of_money_serves_bodies_and_events(package: Path) -> None:
    modules = load_models(package)

    assert modules["sent"].Money is modules["models"].Money is modules["shared"].Money


def test_senders_refuse_unknown_fields_and_receivers_ignore_them(package: Path) -> None:
    modules = load_models(package)
    sold = {"sale_id": SALE["sale_id"], "price": MONEY, "buyer": {"name": "n"}}

    modules["sent"].Sold.model_validate_json(json.dumps(sold))
    for more in ({**sold, "more": 1}, {**sold, "buyer": {"name": "n", "more": 1}}):
        with pytest.raises(ValidationError):
            modules["sent"].Sold.model_validate_json(json.dumps(more))
    counted = modules["received"].Counted.model_validate_json('{"sku":"a","units":1,"more":1}')

    assert counted.model_dump() == {"sku": "a", "units": 1}


def test_models_cannot_be_changed(package: Path) -> None:
    money = load_models(package)["shared"].Money(amount_minor=1, currency="GBP")

    with pytest.raises(ValidationError):
        money.amount_minor = 2


def test_optional_fields_leave_no_trace_when_they_are_missing(package: Path) -> None:
    sell = load_models(package)["models"].Sell.model_validate_json(json.dumps(SELL))

    assert json.loads(sell.model_dump_json()) == SELL


MAKES_EVERYTHING = """
from uuid import UUID
from pydantic import MISSING
from shop.contract import api, models, received, sent, shared

price = shared.Money(amount_minor=1, currency="GBP")
models.Sell(sku="a", pay=models.Cash(kind="cash"))
received.Counted(sku="a", units=1)
sent.Sold(sale_id=UUID(int=1), price=price, buyer=MISSING)
sent.SoldBuyer(name="n", greeting=MISSING)
api.Sell204()
"""


def test_type_checker_requires_every_field_of_sent_models_only(package: Path) -> None:
    code = package.parents[1] / "code.py"
    code.write_text(MAKES_EVERYTHING)
    assert _type_errors(code) == []

    code.write_text(
        MAKES_EVERYTHING.replace(", buyer=MISSING", "").replace(", greeting=MISSING", "")
    )
    assert [error.partition("error: ")[2] for error in _type_errors(code)] == [
        'Missing named argument "buyer" for "Sold"  [call-arg]',
        'Missing named argument "greeting" for "SoldBuyer"  [call-arg]',
    ]


def _type_errors(code: Path) -> list[str]:
    settings = ["--config-file", str(Path(__file__).parents[4] / "pyproject.toml")]
    found = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, code.name],
        cwd=code.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode in (0, 1), found.stderr
    return [line for line in found.stdout.splitlines() if ": error: " in line]


def test_sent_models_are_parsed_without_optional_fields(package: Path) -> None:
    sold = {"sale_id": SALE["sale_id"], "price": MONEY}

    read = load_models(package)["sent"].Sold.model_validate_json(json.dumps(sold))
    assert json.loads(read.model_dump_json()) == sold


def test_bundles_are_self_contained_and_include_used_parts_of_other_services(package: Path) -> None:
    asyncapi = json.loads((package / "asyncapi.json").read_bytes())

    assert "yaml" not in (package / "asyncapi.json").read_text()
    assert "yaml" not in (package / "openapi.json").read_text()
    assert list(asyncapi["channels"]["stock_stock_events"]["messages"]) == ["counted"]
    assert asyncapi["operations"]["receive_events"]["channel"] == {
        "$ref": "#/channels/stock_stock_events"
    }


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_bytes_come_out_in_another_process(
    repository: Repository, package: Path, seed: str
) -> None:
    subprocess.run(
        [sys.executable, "-c", "from waybill_toolkit.cli import main; main()", "generate", "shop"],
        cwd=repository.root,
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
    )

    made = {path.name: path.read_bytes() for path in repository.package("shop").glob("*.*")}
    assert made == {path.name: path.read_bytes() for path in package.glob("*.*")}


def test_files_that_are_not_generated_are_stale(repository: Repository) -> None:
    files = repository.generate(["shop"])
    repository.write(files)
    (repository.package("shop") / "old.py").touch()
    (repository.package("shop") / "api.py").write_text("edited")

    assert [path.name for path in stale(files)] == ["api.py", "old.py"]
    repository.write(files)
    assert list(stale(files)) == []
