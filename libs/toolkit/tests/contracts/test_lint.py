"""Each rule of lint finds its faults with their lines, and nothing in valid contracts."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository

API = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
SHARED = "shared/components.yaml"
PROBLEMS = "shared/problems.yaml"
SELL = "shop/examples/Sell"

CLOSED = "additionalProperties: false\n"
NEW_SALE = "NewSale: {type: string, example: x}\n"

IDEMPOTENCY_KEY = """      parameters:
        - $ref: '../shared/components.yaml#/components/parameters/IdempotencyKey'
"""


@dataclass(frozen=True)
class Case:
    """A fault: a replacement in a file, the rule that reports it, and the text of its line."""

    rule: str
    file: str
    old: str
    new: str
    message: str
    at: str

    @override
    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


CASES = [
    Case("scopes", API, "security: [{oauth2: ['shop:read']}]", "x-y: 1", "no scopes", "get:"),
    Case("scopes", API, "shop:read", "shop:own", "shop:own is not declared", "shop:own"),
    Case("idempotency-key", API, IDEMPOTENCY_KEY, "", "POST without Idempotency-Key", "post:"),
    Case("integer", SHARED, ", maximum: 9007199254740991", "", "add both", "amount_minor"),
    Case("integer", SHARED, "format: int64, ", "", "add format: int64", "amount_minor"),
    Case("integer", PROBLEMS, ", maximum: 100", "", "add both", "left"),
    Case("constructor", API, "    Cash: {", f"    {NEW_SALE}    Cash: {{", "of Sale", "NewSale"),
    Case(
        "schema-name",
        EVENTS,
        "units: {type: integer, minimum: 1, maximum: 100}",
        "units: {type: string, enum: [one, two]}",
        "has no name",
        "units",
    ),
    Case("openness", API, "Something sold.\n", f"Sold.\n      {CLOSED}", "refuse new", "Sale:"),
    Case(
        "openness",
        API,
        "Cash: {type: object, additionalProperties: false",
        "Cash: {type: object",
        "is ignored",
        "Cash:",
    ),
    Case("problem", API, "x-problems: [sale-not-found]", "x-y: 1", "list what", "'404':"),
    Case("problem", API, "[sale-not-found]", "[sale-lost]", "sale-lost is not in", "sale-lost"),
    Case("owner", API, "note: {type: string", "customer_ref: {type: string", "x-owner", "post:"),
    Case(
        "owner",
        API,
        "operationId: get_sale",
        "operationId: get_sale\n      x-owner: buyer_id",
        "buyer_id is not a field",
        "x-owner",
    ),
    Case(
        "calls",
        "mail/openapi.yaml",
        "[get_sale]",
        "[sell_out]",
        "no operation sell_out",
        "sell_out",
    ),
    Case("calls", "mail/openapi.yaml", "{shop:", "{shoes:", "no service shoes", "shoes"),
    Case(
        "follow",
        API,
        "operationId: get_sale",
        "operationId: get_sale\n      x-follow: {status: state, until: [gone], refusal: pay}",
        "gone is no value of state",
        "x-follow",
    ),
    Case(
        "follow",
        API,
        "operationId: get_sale",
        "operationId: get_sale\n      x-follow: {status: weight, until: [], refusal: place}",
        "weight is no field of the answer with an enum",
        "x-follow",
    ),
    Case(
        "follow",
        API,
        "operationId: get_sale",
        "operationId: get_sale\n      x-follow: {status: state, until: [], refusal: place}",
        "place is no field of the answer that has a code",
        "x-follow",
    ),
    Case(
        "follow",
        API,
        "operationId: sell",
        "operationId: sell\n      x-follow: {status: state, until: [], refusal: place}",
        "stands at a GET",
        "x-follow",
    ),
    Case("name", API, "operationId: get_sale", "operationId: sell", "has the operationId", "sell"),
    Case(
        "channel-owner", EVENTS, "address: shop.", "address: stock.", "not shop's", "sale_events:"
    ),
    Case(
        "channel-owner",
        EVENTS,
        "    address: shop.sale-events.v1\n",
        "",
        "name the topic",
        "sale_events:",
    ),
    Case("retention", EVENTS, "    x-retention-hours: 24\n", "", "for how long", "sale_events:"),
    Case("key", EVENTS, "      x-key: sale_id\n", "", "x-key is missing", "sold:"),
    Case("key", EVENTS, "x-key: sale_id", "x-key: buyer", "no required field", "x-key: buyer"),
    Case("reference", API, "schemas/Sell'", "schemas/Gone'", "correct the name", "Gone"),
    Case("syntax", API, "openapi: 3.1.0", "openapi: [", "this is no YAML", "title"),
    Case("openapi-spec-validator", API, "title: Shop", "titel: Shop", "title is missing", "info:"),
    Case(
        "schema",
        SHARED,
        "required: [type]",
        "required: type",
        "is not of type",
        "required: type",
    ),
    Case("schema", EVENTS, "maximum: 100", "maximum: many", "is not of type", "maximum: many"),
    Case(
        "example",
        "stock/openapi.yaml",
        "      example: {sku: kettle, units: 3}\n",
        "",
        "Units has no example",
        "Units:",
    ),
    Case(
        "example",
        SHARED,
        "example: {amount_minor: 255",
        "example: {amount_minor: -1",
        "this is no Money",
        "example",
    ),
    Case(
        "example",
        API,
        "        note: {type: string",
        "        gift: {type: string}\n        note: {type: string",
        "no valid example of Sell has gift",
        "gift:",
    ),
    Case(
        "example",
        EVENTS,
        "{name: {type: string, ",
        "{email: {type: string}, name: {type: string, ",
        "no valid example of Buyer has email",
        "email:",
    ),
    Case("example", f"{SELL}/valid-cash.json", "cash", "coin", "this is no Sell", "pay"),
    Case("example", f"{SELL}/invalid-no-units.json", ": 0", ": 1", "this is a Sell", "{"),
    Case("example", f"{SELL}/valid-cash.json", "{", "[", "this is no JSON", "["),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_reported_with_file_line_and_rule(repository: Repository, case: Case) -> None:
    path = repository.root / "contracts" / case.file
    text = path.read_text(encoding="utf-8")
    assert case.old in text
    path.write_text(text.replace(case.old, case.new, 1), encoding="utf-8")

    faults = [fault for fault in lint(repository) if fault.rule == case.rule]

    reported = [fault for fault in faults if case.message in fault.message]
    assert reported, faults
    assert case.at in _line(reported[0], path)


def test_contracts_in_order_have_no_faults(repository: Repository) -> None:
    assert lint(repository) == []


def test_a_schema_is_shown_by_the_example_of_another_only_in_the_branch_it_takes(
    repository: Repository,
) -> None:
    (repository.root / "contracts" / SELL / "valid-cash.json").unlink()

    assert [fault.message.partition(";")[0] for fault in lint(repository)] == [
        "Cash has no example"
    ]


@pytest.mark.parametrize(
    ("service", "schema"), [("shop", "Sell"), ("shop", "Sold"), ("stock", "Units")]
)
def test_a_body_or_an_event_without_an_invalid_example_is_found(
    repository: Repository, service: str, schema: str
) -> None:
    folder = repository.root / "contracts" / service / "examples" / schema
    for path in folder.glob("invalid-*"):
        path.unlink()

    [fault] = lint(repository)
    assert (
        fault.message
        == f"{schema} is a whole body or event; write examples/{schema}/invalid-….json."
    )
    assert fault.rule == "example"


def test_a_post_that_may_be_repeated_says_why(repository: Repository) -> None:
    path = repository.root / "contracts" / API
    text = path.read_text(encoding="utf-8")
    text = text.replace(IDEMPOTENCY_KEY, "      x-repeatable: It only counts.\n")
    text = text.replace(", idempotency-key-missing", "").replace("idempotency-key-in-use, ", "")
    path.write_text(text.replace(", idempotency-key-reused", ""), encoding="utf-8")

    assert lint(repository) == []


def test_a_public_operation_needs_no_scopes(repository: Repository) -> None:
    path = repository.root / "contracts" / "mail/openapi.yaml"
    text = path.read_text(encoding="utf-8").replace("[{oauth2: ['mail:read']}]", "[]")
    kept = (line for line in text.splitlines() if "'401'" not in line and "'403'" not in line)
    path.write_text("\n".join(kept), encoding="utf-8")

    assert lint(repository) == []


def test_operations_below_an_owned_resource_need_its_owner(repository: Repository) -> None:
    path = repository.root / "contracts" / API
    text = path.read_text(encoding="utf-8")
    below = text[text.index("    get:\n") : text.index("components:\n")]
    below = below.replace("get_sale", "get_story").replace("schemas/Sale'", "schemas/Card'")
    owned = text.replace("        rating:", "        buyer_ref: {type: string}\n        rating:")
    owned = owned.replace(
        "components:\n", f"  /v1/sales/{{sale_id}}/history:\n{below}components:\n", 1
    )
    path.write_text(owned, encoding="utf-8")

    faults = [fault for fault in lint(repository) if fault.rule == "owner"]

    assert len(faults) == 3  # sell, get_sale, and get_story, which answers nothing of the buyer


def test_files_that_nothing_checks_are_found(repository: Repository) -> None:
    examples = repository.root / "contracts" / "shop" / "examples"
    (examples / "Gone").mkdir()
    (examples / "Gone" / "valid-one.json").write_text("{}")
    (examples / "Sell" / "good.json").write_text("{}")

    reported = [fault.message.partition(";")[0] for fault in lint(repository)]

    assert reported == ["there is no schema Gone here", "nothing checks this"]


def test_faults_of_several_services_are_reported_at_once(repository: Repository) -> None:
    for service in ("shop", "mail"):
        path = repository.root / "contracts" / service / "openapi.yaml"
        path.write_text("openapi: [", encoding="utf-8")

    assert [fault.path.parent.name for fault in lint(repository)] == ["mail", "shop"]


def _line(fault: Fault, path: Path) -> str:
    assert fault.path == path
    return path.read_text(encoding="utf-8").splitlines()[fault.line - 1]
