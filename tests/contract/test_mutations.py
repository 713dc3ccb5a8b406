"""For each change of a contract that the code does not follow, one gate must fail.

A mutation is made in a copy of contracts and services; the copy is put right after each test. The
gate that is named must see it: the generator, the type checker on the service's code, or one of the
contract tests.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from typing_extensions import override

from waybill_toolkit.contract_edits import (
    SCHEMAS,
    Edit,
    also,
    both,
    copy,
    drop_field,
    field,
    put,
    remove,
    rename,
    rewrite,
    without,
)
from waybill_toolkit.contracts.diff.judgement import judge
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.gates.answers import unused_answers
from waybill_toolkit.gates.examples import example_faults
from waybill_toolkit.gates.registry import registry_differences
from waybill_toolkit.gates.scopes import scope_differences
from waybill_toolkit.generate.faults import ContractError
from waybill_toolkit.generate.repository import Repository

GATES: Final = {
    "generator": "`waybill generate` refuses it",
    "lint": "`waybill contracts lint`, its own rules",
    "diff": "`waybill contracts diff`",
    "types": "mypy on the service's code",
    "answers": "test: every declared answer and event is made somewhere",
    "examples": "test: examples are judged as they are named, by schema and model",
    "scopes": "test: scopes are those of the reviewed table",
    "registry": "test: the registry of problems is what runtime and contracts know",
}
"""Who can see a mutation, in the order in which they run."""

SCOPES = Path(__file__).with_name("scopes.yaml")


@dataclass(frozen=True)
class Mutation:
    """What is changed in which document of `contracts/`, and who must see it."""

    name: str
    document: str
    edit: Edit
    stopped_by: str
    """The names of gates."""
    service: str = ""

    @property
    def checked(self) -> str:
        """The service whose code no longer fits."""
        return self.service or self.document.partition("/")[0]

    @override
    def __str__(self) -> str:
        return self.name


TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
IDEMPOTENCY_KEY = "../shared/components.yaml#/components/parameters/IdempotencyKey"
INVENTORY = "../inventory/asyncapi.yaml#/channels"

PLACE = ("paths", "/v1/orders", "post")
LIST = ("paths", "/v1/orders", "get")
GET = ("paths", "/v1/orders/{order_id}", "get")
ADJUST = ("paths", "/v1/stock/{sku}/adjustments", "post")
STOCK = ("paths", "/v1/stock/{sku}", "get")
PRODUCT = "/v1/products/{product_id}"


def _new_operation(document: dict[str, Any]) -> None:
    copy(("paths", PRODUCT + "/history"), "paths", PRODUCT)(document)
    put("get_history", "paths", PRODUCT + "/history", "get", "operationId")(document)


def _new_sent_event(document: dict[str, Any]) -> None:
    copy((*SCHEMAS, "VariantRemoved"), *SCHEMAS, "PriceChanged")(document)
    copy(("components", "messages", "variant_removed"), "components", "messages", "price_changed")(
        document
    )
    message = document["components"]["messages"]["variant_removed"]
    message |= {
        "name": "catalog.variant-removed.v1",
        "payload": {"$ref": "#/components/schemas/VariantRemoved"},
    }
    reference = {"$ref": "#/components/messages/variant_removed"}
    put(reference, "channels", "variant_events", "messages", "variant_removed")(document)
    also(
        {"$ref": "#/channels/variant_events/messages/variant_removed"},
        *("operations", "send_variant_events", "messages"),
    )(document)


MUTATIONS = [
    # operations
    Mutation("operation removed", "orders/openapi.yaml", remove("paths", "/v1/prices"), "types"),
    Mutation("operation added", "catalog/openapi.yaml", _new_operation, "types"),
    Mutation(
        "operation renamed",
        "inventory/openapi.yaml",
        put("read_stock", *STOCK, "operationId"),
        "types",
    ),
    Mutation(
        "operation moved",
        "inventory/openapi.yaml",
        rename("/v2/stock", "paths", "/v1/stock"),
        "scopes",
    ),
    Mutation(
        "scope changed",
        "orders/openapi.yaml",
        put([{"oauth2": ["orders:read"]}], *PLACE, "security"),
        "scopes",
    ),
    Mutation(
        "scope added",
        "inventory/openapi.yaml",
        also("inventory:write", *STOCK, "security", "0", "oauth2"),
        "scopes",
    ),
    Mutation("scopes removed", "orders/openapi.yaml", remove(*GET, "security"), "generator"),
    Mutation(
        "idempotency key removed",
        "inventory/openapi.yaml",
        without({"$ref": IDEMPOTENCY_KEY}, *ADJUST, "parameters"),
        "generator",
    ),
    # parameters
    Mutation(
        "parameter added",
        "inventory/openapi.yaml",
        also({"name": "warehouse", "in": "query", "schema": TEXT}, *STOCK, "parameters"),
        "types",
    ),
    Mutation(
        "parameter removed",
        "orders/openapi.yaml",
        without({"$ref": "#/components/parameters/Reference"}, *LIST, "parameters"),
        "types",
    ),
    Mutation(
        "parameter's type changed",
        "orders/openapi.yaml",
        put(WHOLE, "components", "parameters", "OrderId", "schema"),
        "types",
    ),
    Mutation(
        "parameter no longer an enumeration",
        "orders/openapi.yaml",
        put(TEXT, "components", "parameters", "Status", "schema"),
        "types",
    ),
    # bodies
    Mutation(
        "required field added to a request",
        "orders/openapi.yaml",
        field("PlaceOrder", "channel", TEXT),
        "examples",
    ),
    Mutation(
        "required field added to an answer",
        "orders/openapi.yaml",
        field("Order", "weight_grams", WHOLE),
        "types",
    ),
    Mutation(
        "optional field added to an answer",
        "orders/openapi.yaml",
        field("Order", "weight_grams", WHOLE, required=False),
        "examples",
    ),
    Mutation(
        "field removed from an answer",
        "inventory/openapi.yaml",
        both(
            remove(*SCHEMAS, "StockLevel", "properties", "committed"),
            without("committed", *SCHEMAS, "StockLevel", "required"),
        ),
        "types",
    ),
    Mutation(
        "field of a request removed",
        "inventory/openapi.yaml",
        both(
            remove(*SCHEMAS, "AdjustStock", "properties", "reason"),
            without("reason", *SCHEMAS, "AdjustStock", "required"),
        ),
        "types",
    ),
    Mutation(
        "type of a field of an answer changed",
        "inventory/openapi.yaml",
        put(TEXT, *SCHEMAS, "StockLevel", "properties", "on_hand"),
        "types",
    ),
    Mutation(
        "type of a field of a request changed",
        "orders/openapi.yaml",
        put(TEXT, *SCHEMAS, "NewLine", "properties", "quantity"),
        "types",
    ),
    Mutation(
        "shared field added",
        "shared/components.yaml",
        field("Money", "exponent", WHOLE),
        "types",
        service="payments",
    ),
    Mutation(
        "constraint tightened",
        "shared/components.yaml",
        put({"type": "integer", "maximum": 1}, *SCHEMAS, "Money", "properties", "amount_minor"),
        "examples",
    ),
    # answers
    Mutation("status removed", "orders/openapi.yaml", remove(*GET, "responses", "404"), "types"),
    Mutation(
        "status of success changed",
        "orders/openapi.yaml",
        rename("200", *PLACE, "responses", "201"),
        "types",
    ),
    Mutation(
        "status of success added",
        "inventory/openapi.yaml",
        copy((*ADJUST, "responses", "202"), *ADJUST, "responses", "201"),
        "answers",
    ),
    Mutation(
        "status of the runtime removed",
        "orders/openapi.yaml",
        remove(*PLACE, "responses", "413"),
        "generator",
    ),
    Mutation(
        "default answer",
        "orders/openapi.yaml",
        rename("default", *GET, "responses", "404"),
        "generator",
    ),
    Mutation(
        "problem added",
        "inventory/openapi.yaml",
        also("order-not-cancellable", *ADJUST, "responses", "409", "x-problems"),
        "answers",
    ),
    Mutation(
        "problem removed",
        "orders/openapi.yaml",
        without("currency-mismatch", *PLACE, "responses", "422", "x-problems"),
        "types",
    ),
    Mutation(
        "problem unknown",
        "orders/openapi.yaml",
        put(["order-gone"], *GET, "responses", "404", "x-problems"),
        "generator",
    ),
    Mutation(
        "problem's status changed",
        "shared/problems.yaml",
        put(410, "order-not-found", "status"),
        "generator",
        service="orders",
    ),
    Mutation(
        "field added to a problem",
        "shared/problems.yaml",
        put(TEXT, "unknown-sku", "fields", "suggestion"),
        "types",
        service="orders",
    ),
    Mutation(
        "problem of the runtime changed",
        "shared/problems.yaml",
        put("Not allowed", "forbidden", "title"),
        "registry",
    ),
    Mutation(
        "header of an answer added",
        "orders/openapi.yaml",
        put({"required": True, "schema": TEXT}, *PLACE, "responses", "201", "headers", "ETag"),
        "types",
    ),
    Mutation(
        "header of an answer removed",
        "orders/openapi.yaml",
        remove(*PLACE, "responses", "201", "headers"),
        "types",
    ),
    # events
    Mutation("event added to what is sent", "catalog/asyncapi.yaml", _new_sent_event, "answers"),
    Mutation(
        "event removed from what is sent",
        "inventory/asyncapi.yaml",
        without(
            {"$ref": "#/channels/reservation_events/messages/stock_released"},
            *("operations", "send_reservation_events", "messages"),
        ),
        "types",
    ),
    Mutation(
        "event added to what is received",
        "orders/asyncapi.yaml",
        also(
            {"$ref": f"{INVENTORY}/reservation_events/messages/reservation_expired"},
            *("operations", "receive_reservation_events", "messages"),
        ),
        "types",
    ),
    Mutation(
        "event removed from what is received",
        "orders/asyncapi.yaml",
        without(
            {"$ref": f"{INVENTORY}/reservation_events/messages/stock_refused"},
            *("operations", "receive_reservation_events", "messages"),
        ),
        "types",
    ),
    Mutation(
        "event renamed by its owner",
        "inventory/asyncapi.yaml",
        rename("stock_set_aside", "channels", "reservation_events", "messages", "stock_reserved"),
        "generator",
        service="orders",
    ),
    Mutation(
        "required field added to an event",
        "inventory/asyncapi.yaml",
        field("StockReserved", "units", WHOLE),
        "types",
    ),
    Mutation(
        "type of an event's field changed",
        "inventory/asyncapi.yaml",
        put(TEXT, *SCHEMAS, "WantedLine", "properties", "quantity"),
        "types",
        service="orders",
    ),
    Mutation(
        "field removed from an event",
        "catalog/asyncapi.yaml",
        both(
            remove(*SCHEMAS, "PriceChanged", "properties", "price"),
            without("price", *SCHEMAS, "PriceChanged", "required"),
        ),
        "types",
        service="orders",
    ),
    Mutation(
        "key no longer a field",
        "inventory/asyncapi.yaml",
        both(
            remove(*SCHEMAS, "StockReserved", "properties", "order_id"),
            without("order_id", *SCHEMAS, "StockReserved", "required"),
        ),
        "generator",
    ),
    Mutation(
        "topic no longer declared",
        "inventory/asyncapi.yaml",
        remove("channels", "commands"),
        "generator",
        service="orders",
    ),
]


@dataclass(frozen=True)
class Tree:
    """A copy of contracts and services. `errors` are those that the unchanged copy has."""

    repository: Repository
    errors: frozenset[str] = frozenset()

    @property
    def root(self) -> Path:
        return self.repository.root

    def mutate(self, mutation: Mutation) -> None:
        """Change one document. It is written as JSON, which is YAML too."""
        path = self.root / "contracts" / mutation.document
        document = Library().open(path).value
        before = json.dumps(document)
        mutation.change(document)
        assert json.dumps(document) != before, "the mutation changes nothing"
        path.write_text(json.dumps(document, indent=1), encoding="utf-8")

    def generate(self, *services: str) -> None:
        self.repository.write(self.repository.generate(services))

    def type_errors(self, *services: str) -> set[str]:
        """Run the type checker as everywhere, and give its new errors in code written by hand."""
        run = subprocess.run(
            [sys.executable, "-m", "mypy", *(f"services/{each}/src" for each in services)],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in (0, 1), run.stdout + run.stderr
        found = {line for line in run.stdout.splitlines() if ": error:" in line}
        return {line for line in found - self.errors if _is_by_hand(line.partition(":")[0])}

    def differences(self, gate: Gate) -> list[str]:
        """Ask one of the contract tests."""
        match gate:
            case "answers":
                return unused_answers(self.repository)
            case "examples":
                return example_faults(self.repository)
            case "registry":
                return registry_differences(self.repository)
            case "scopes":
                return scope_differences(self.repository, yaml.safe_load(SCOPES.read_bytes()))
            case "generator" | "types":
                raise AssertionError(gate)


def _is_by_hand(file: str) -> bool:
    return file.startswith("services/") and "/contract/" not in file


@pytest.fixture(scope="module")
def copied(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    root = tmp_path_factory.mktemp("mutations")
    shutil.copytree(repository.root / "contracts", root / "contracts")
    shutil.copy(repository.root / "pyproject.toml", root)
    (root / "libs").symlink_to(repository.root / "libs")
    for service in repository.services:
        source = Path("services", service, "src")
        shutil.copytree(repository.root / source, root / source)
    tree = Tree(Repository(root))
    return replace(tree, errors=frozenset(tree.type_errors(*repository.services)))


@pytest.fixture
def tree(copied: Tree) -> Iterator[Tree]:
    """The copy, put right again afterwards."""
    folders = [copied.root / "contracts"]
    folders += [copied.repository.package(service) for service in copied.repository.services]
    before = _contents(folders)
    yield copied
    after = _contents(folders)
    for path in after.keys() - before.keys():
        path.unlink()
    for path, content in before.items():
        if after.get(path) != content:
            path.write_bytes(content)


def _contents(folders: list[Path]) -> dict[Path, bytes]:
    files = (path for folder in folders for path in folder.rglob("*.*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.suffix != ".pyc"}


def test_nothing_is_found_when_nothing_is_changed(copied: Tree) -> None:
    assert copied.errors == frozenset()
    for gate in ("answers", "examples", "registry", "scopes"):
        assert copied.differences(gate) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_gate_fails_when_a_contract_changes_and_the_code_does_not(
    tree: Tree, mutation: Mutation
) -> None:
    tree.mutate(mutation)

    match mutation.caught_by:
        case "generator":
            with pytest.raises(ContractError):
                tree.generate(mutation.checked)
        case "types":
            tree.generate(mutation.checked)
            assert tree.type_errors(mutation.checked)
        case "examples":
            tree.generate(*tree.repository.services)
            assert tree.differences("examples")
        case gate:
            assert tree.differences(gate)
