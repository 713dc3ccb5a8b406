"""For each change of a contract that the code does not follow, one gate must fail.

A mutation is made in a copy of contracts and services; the copy is put right after each test. The
gates that are named must stop it: the generator, lint, diff, the type checker on the service's
code, or one of the contract tests. The table of them is docs/contract-mutations.md.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from typing_extensions import override

from waybill_toolkit.contracts.diff.judgement import judge
from waybill_toolkit.contracts.gates.answers import unused_answers
from waybill_toolkit.contracts.gates.examples import example_faults
from waybill_toolkit.contracts.gates.fields import unused_fields
from waybill_toolkit.contracts.gates.registry import registry_differences
from waybill_toolkit.contracts.gates.scopes import scope_differences
from waybill_toolkit.contracts.generate.bundle import Bundle
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.validate import validate_openapi
from waybill_toolkit.contracts.lint.run import lint
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.contract_edits import (
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

GATES: Final = {
    "generator": "`waybill generate` refuses it",
    "lint": "`waybill contracts lint`, its own rules",
    "diff": "`waybill contracts diff`",
    "types": "mypy on the service's code",
    "answers": "test: every declared answer and event is made somewhere",
    "fields": "test: every field of a contract is read or given by the service's code",
    "examples": "test: the models judge examples as they are named",
    "scopes": "test: scopes are those of the reviewed table",
    "registry": "test: the registry of problems is what runtime and contracts know",
}
"""Who can see a mutation, in the order in which they run."""

READ_CONTRACTS_ONLY: Final = frozenset({"lint", "diff"})
"""These can speak also when the generator has refused."""

SCOPES = Path(__file__).with_name("scopes.yaml")
TABLE = Path(__file__).parents[2] / "docs" / "contract-mutations.md"

ALL_GATES: Final = "WAYBILL_ALL_GATES"
"""Set: every gate is asked, not only those that are named; so the table lacks none."""

WRITE_TABLE: Final = "WAYBILL_WRITE_TABLE"

INTRODUCTION: Final = """# Which check detects which contract mutation

Written by `tests/contract/test_mutations.py`, which applies each mutation to a copy of the
repository and runs the checks. `make contract-mutations` runs all of them and writes this page.
Checks that need generated code do not run when the generator refuses the contract.

"""


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
        of = self.document.partition("/")[0]
        return self.service or ("orders" if of == "shared" else of)

    @property
    def is_of_events(self) -> bool:
        return self.document.endswith("asyncapi.yaml")

    @override
    def __str__(self) -> str:
        return self.name


TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
YES = True
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
    Mutation(
        "operation removed",
        "orders/openapi.yaml",
        remove("paths", "/v1/prices"),
        "diff types scopes",
    ),
    Mutation("operation added", "catalog/openapi.yaml", _new_operation, "types answers scopes"),
    Mutation(
        "operation renamed",
        "inventory/openapi.yaml",
        put("read_stock", *STOCK, "operationId"),
        "diff types answers",
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
        "diff scopes",
    ),
    Mutation(
        "scope added",
        "inventory/openapi.yaml",
        also("inventory:write", *STOCK, "security", "0", "oauth2"),
        "diff scopes",
    ),
    Mutation("scopes removed", "orders/openapi.yaml", remove(*GET, "security"), "generator lint"),
    Mutation(
        "idempotency key removed",
        "inventory/openapi.yaml",
        without({"$ref": IDEMPOTENCY_KEY}, *ADJUST, "parameters"),
        "generator lint diff",
    ),
    Mutation(
        "operation made public", "orders/openapi.yaml", put([], *GET, "security"), "generator lint"
    ),
    Mutation(
        "operation hidden from the public",
        "orders/openapi.yaml",
        put(YES, *GET, "x-internal"),
        "diff",
    ),
    Mutation("owner removed", "orders/openapi.yaml", remove(*GET, "x-owner"), "lint"),
    Mutation(
        "owner that is no field",
        "orders/openapi.yaml",
        put("user_id", *GET, "x-owner"),
        "lint diff",
    ),
    Mutation(
        "call of an operation that is not there",
        "orders/openapi.yaml",
        put({"catalog": ["get_price"]}, "x-calls"),
        "lint",
    ),
    Mutation(
        "limit of bodies lowered",
        "orders/openapi.yaml",
        put(1024, *PLACE, "x-body-limit-bytes"),
        "diff",
    ),
    Mutation(
        "two operations of one name",
        "orders/openapi.yaml",
        put("list_orders", *GET, "operationId"),
        "generator lint diff",
    ),
    Mutation(
        "operation named by a keyword",
        "orders/openapi.yaml",
        put("yield", *GET, "operationId"),
        "generator lint diff",
    ),
    # parameters
    Mutation(
        "default of a parameter changed",
        "shared/components.yaml",
        put(10, "components", "parameters", "Limit", "schema", "default"),
        "diff",
        service="orders",
    ),
    Mutation(
        "optional parameter required",
        "orders/openapi.yaml",
        put(YES, "components", "parameters", "Reference", "required"),
        "diff",
    ),
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
        "diff types",
    ),
    Mutation(
        "parameter's type changed",
        "orders/openapi.yaml",
        put(WHOLE, "components", "parameters", "OrderId", "schema"),
        "diff types",
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
        "lint diff fields examples",
    ),
    Mutation(
        "required field added to an answer",
        "orders/openapi.yaml",
        field("Order", "weight_grams", WHOLE),
        "lint types fields examples",
    ),
    Mutation(
        "optional field added to an answer",
        "orders/openapi.yaml",
        field("Order", "weight_grams", WHOLE, required=False),
        "lint types fields",
    ),
    Mutation(
        "optional field added to a request",
        "orders/openapi.yaml",
        field("PlaceOrder", "gift_note", TEXT, required=False),
        "lint fields",
    ),
    Mutation(
        "field removed from an answer",
        "inventory/openapi.yaml",
        drop_field("StockLevel", "committed"),
        "lint diff types examples",
    ),
    Mutation(
        "field of a request removed",
        "inventory/openapi.yaml",
        drop_field("AdjustStock", "reason"),
        "lint diff types examples",
    ),
    Mutation(
        "type of a field of an answer changed",
        "inventory/openapi.yaml",
        put(TEXT, *SCHEMAS, "StockLevel", "properties", "on_hand"),
        "lint diff types examples",
    ),
    Mutation(
        "type of a field of a request changed",
        "orders/openapi.yaml",
        put(TEXT, *SCHEMAS, "NewLine", "properties", "quantity"),
        "lint diff types examples",
    ),
    Mutation(
        "shared field added",
        "shared/components.yaml",
        field("Money", "exponent", WHOLE),
        "lint diff types fields examples",
        service="payments",
    ),
    Mutation(
        "constraint tightened",
        "shared/components.yaml",
        put({"type": "integer", "maximum": 1}, *SCHEMAS, "Money", "properties", "amount_minor"),
        "lint diff examples",
    ),
    Mutation(
        "value added to an answer",
        "inventory/openapi.yaml",
        also("lost", *SCHEMAS, "Reservation", "properties", "status", "enum"),
        "diff",
    ),
    Mutation(
        "pattern of a shared value removed",
        "shared/components.yaml",
        remove(*SCHEMAS, "Sku", "pattern"),
        "lint diff examples",
        service="catalog",
    ),
    Mutation(
        "example that does not fit",
        "shared/components.yaml",
        put({"amount_minor": -1, "currency": "GBP"}, *SCHEMAS, "Price", "example"),
        "lint",
        service="orders",
    ),
    Mutation(
        "schema without an example",
        "orders/openapi.yaml",
        both(
            put({"type": "object", "properties": {"by": TEXT}}, *SCHEMAS, "Cancel"),
            put(
                {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Cancel"}}
                    },
                },
                *("paths", "/v1/orders/{order_id}/cancellation", "post", "requestBody"),
            ),
        ),
        "generator lint diff",
    ),
    Mutation(
        "reference to nothing",
        "orders/openapi.yaml",
        put({"$ref": "#/components/schemas/Gone"}, *SCHEMAS, "Order", "properties", "status"),
        "generator lint",
    ),
    # answers
    Mutation(
        "status removed", "orders/openapi.yaml", remove(*GET, "responses", "404"), "diff types"
    ),
    Mutation(
        "status of success changed",
        "orders/openapi.yaml",
        rename("200", *PLACE, "responses", "201"),
        "diff types answers",
    ),
    Mutation(
        "status of success added",
        "inventory/openapi.yaml",
        copy((*ADJUST, "responses", "202"), *ADJUST, "responses", "201"),
        "diff answers",
    ),
    Mutation(
        "status of the runtime removed",
        "orders/openapi.yaml",
        remove(*PLACE, "responses", "413"),
        "generator lint diff",
    ),
    Mutation(
        "default answer",
        "orders/openapi.yaml",
        rename("default", *GET, "responses", "404"),
        "generator lint diff",
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
        "diff types registry",
    ),
    Mutation(
        "problem unknown",
        "orders/openapi.yaml",
        put(["order-gone"], *GET, "responses", "404", "x-problems"),
        "generator lint diff",
    ),
    Mutation(
        "problem's status changed",
        "shared/problems.yaml",
        put(410, "order-not-found", "status"),
        "generator lint",
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
        "diff types",
    ),
    # events
    Mutation(
        "event added to what is sent",
        "catalog/asyncapi.yaml",
        _new_sent_event,
        "lint answers",
    ),
    Mutation(
        "event removed from what is sent",
        "inventory/asyncapi.yaml",
        without(
            {"$ref": "#/channels/reservation_events/messages/stock_released"},
            *("operations", "send_reservation_events", "messages"),
        ),
        "diff types",
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
        "generator lint",
        service="orders",
    ),
    Mutation(
        "required field added to an event",
        "inventory/asyncapi.yaml",
        field("StockReserved", "units", WHOLE),
        "lint diff types fields examples",
    ),
    Mutation(
        "optional field added to an event",
        "orders/asyncapi.yaml",
        field("OrderPlaced", "gift_note", TEXT, required=False),
        "lint types fields",
    ),
    Mutation(
        "optional field added to a command",
        "payments/asyncapi.yaml",
        field("CapturePayment", "note", TEXT, required=False),
        "lint fields",
    ),
    Mutation(
        "type of an event's field changed",
        "inventory/asyncapi.yaml",
        put(TEXT, *SCHEMAS, "WantedLine", "properties", "quantity"),
        "lint diff types examples",
        service="orders",
    ),
    Mutation(
        "field removed from an event",
        "catalog/asyncapi.yaml",
        drop_field("PriceChanged", "price"),
        "lint diff types examples",
        service="orders",
    ),
    Mutation(
        "key no longer a field",
        "inventory/asyncapi.yaml",
        drop_field("StockReserved", "order_id"),
        "generator lint diff",
    ),
    Mutation(
        "key removed",
        "inventory/asyncapi.yaml",
        remove("components", "messages", "stock_reserved", "x-key"),
        "generator lint diff",
    ),
    Mutation(
        "key is another field",
        "orders/asyncapi.yaml",
        put("customer_ref", "components", "messages", "order_placed", "x-key"),
        "generator lint diff",
    ),
    Mutation(
        "event of another name",
        "inventory/asyncapi.yaml",
        put("inventory.stock-taken.v1", "components", "messages", "stock_reserved", "name"),
        "diff",
    ),
    Mutation(
        "topic of another name",
        "inventory/asyncapi.yaml",
        put("inventory.stock-events.v1", "channels", "reservation_events", "address"),
        "diff",
    ),
    Mutation(
        "topic of another service",
        "inventory/asyncapi.yaml",
        put("orders.reservation-events.v1", "channels", "reservation_events", "address"),
        "generator lint diff",
    ),
    Mutation(
        "retention removed",
        "inventory/asyncapi.yaml",
        remove("channels", "commands", "x-retention-hours"),
        "generator lint diff",
    ),
    Mutation(
        "retention shortened",
        "inventory/asyncapi.yaml",
        put(1, "channels", "commands", "x-retention-hours"),
        "diff",
    ),
    Mutation(
        "partitions added",
        "inventory/asyncapi.yaml",
        put(16, "channels", "commands", "x-partitions"),
        "diff",
    ),
    Mutation(
        "command no longer obeyed",
        "inventory/asyncapi.yaml",
        without(
            {"$ref": "#/channels/commands/messages/release_stock"},
            *("operations", "receive_commands", "messages"),
        ),
        "diff types",
    ),
    Mutation(
        "value added to an event",
        "inventory/asyncapi.yaml",
        also("lost", *SCHEMAS, "CommitRefused", "properties", "status", "enum"),
        "diff",
    ),
    Mutation(
        "limit of an event loosened",
        "inventory/asyncapi.yaml",
        put(2000, *SCHEMAS, "ReserveStock", "properties", "lines", "maxItems"),
        "diff",
    ),
    Mutation(
        "limit of an event tightened",
        "inventory/asyncapi.yaml",
        put(1, *SCHEMAS, "ReserveStock", "properties", "lines", "maxItems"),
        "lint diff examples",
    ),
    Mutation(
        "required field of an event made optional",
        "orders/asyncapi.yaml",
        without("total", *SCHEMAS, "OrderPlaced", "required"),
        "diff",
    ),
    Mutation(
        "payload that is no schema",
        "orders/asyncapi.yaml",
        put("all", *SCHEMAS, "OrderPlaced", "required"),
        "generator lint diff",
    ),
    Mutation(
        "topic no longer declared",
        "inventory/asyncapi.yaml",
        remove("channels", "commands"),
        "generator lint",
        service="orders",
    ),
]


@dataclass(frozen=True)
class Tree:
    """A copy of contracts and services. `errors` are those that the unchanged copy has."""

    repository: Repository
    original: Repository
    errors: frozenset[str] = frozenset()

    @property
    def root(self) -> Path:
        return self.repository.root

    def sees(self, gate: str, mutation: Mutation) -> bool:
        """Ask one gate whether it stops what the contracts now say."""
        match gate:
            case "generator":
                return self.is_refused(mutation)
            case "lint":
                return bool(lint(self.repository))
            case "diff":
                return self.is_breaking()
            case "types":
                return bool(self.type_errors(mutation.checked))
            case _:
                return bool(self.differences(gate, mutation.checked))

    def is_breaking(self) -> bool:
        before, after = (each.root / "contracts" for each in (self.original, self.repository))
        try:
            return not judge(before, after).allowed
        except ContractError:
            return False  # it has no verdict; the command fails all the same

    def is_refused(self, mutation: Mutation) -> bool:
        """Generate; what is generated stays for the gates that come after."""
        try:
            self.repository.write(self.repository.generate([mutation.checked]))
        except ContractError:
            return True
        return False

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

    def differences(self, gate: str, service: str) -> list[str]:
        """Run what one of the contract tests asserts to be empty."""
        checks: Mapping[str, Callable[[Repository], list[str]]] = {
            "answers": unused_answers,
            "fields": lambda tree: list(map(str, unused_fields(tree))),
            "examples": lambda tree: example_faults(tree, [service]),
            "registry": registry_differences,
            "scopes": lambda tree: scope_differences(tree, yaml.safe_load(SCOPES.read_bytes())),
        }
        return checks[gate](self.repository)


def _is_by_hand(file: str) -> bool:
    return file.startswith("services/") and "/contract/" not in file


@pytest.fixture(scope="module")
def copied(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    root = tmp_path_factory.mktemp("mutations")
    shutil.copytree(repository.root / "contracts", root / "contracts")
    shutil.copy(repository.root / "pyproject.toml", root)
    (root / "libs").symlink_to(repository.root / "libs")
    for service in repository.packages:
        source = Path("services", service, "src")
        shutil.copytree(repository.root / source, root / source)
    tree = Tree(Repository(root), repository)
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
    nothing = Mutation("nothing", "orders/openapi.yaml", remove(), "types")

    assert copied.errors == frozenset()
    assert [gate for gate in GATES if copied.sees(gate, nothing)] == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_mutation_is_stopped_by_the_gates_that_the_table_names(
    tree: Tree, mutation: Mutation
) -> None:
    rewrite(tree.root / "contracts" / mutation.document, mutation.edit)
    named = [gate for gate in GATES if gate in mutation.stopped_by.split()]

    found: list[str] = []
    for gate in _asked(named):
        if "generator" not in found or gate in READ_CONTRACTS_ONLY:
            found += [gate] * tree.sees(gate, mutation)

    assert found == named, f"{mutation}: {' '.join(found)}"


def _asked(named: list[str]) -> list[str]:
    if os.environ.get(ALL_GATES):
        return list(GATES)
    needs_generated = not READ_CONTRACTS_ONLY.issuperset(named)
    return [gate for gate in GATES if gate in named or (gate == "generator" and needs_generated)]


@pytest.fixture(scope="module", autouse=True)
def _remembered() -> Iterator[None]:
    """Validate a document once that the mutations leave alone: it takes half of the time."""
    in_order: set[str] = set()

    def validate(bundled: Bundle, faults: Faults) -> None:
        text = bundled.text()
        if text not in in_order:
            validate_openapi(bundled, faults)
        if not faults:
            in_order.add(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("waybill_toolkit.contracts.generate.service.validate_openapi", validate)
        yield


def test_every_mutation_is_stopped_and_told_in_the_table() -> None:
    assert len(MUTATIONS) >= 40
    assert all(mutation.stopped_by.split() for mutation in MUTATIONS)
    if os.environ.get(WRITE_TABLE):
        TABLE.write_text(_table(), encoding="utf-8")

    assert TABLE.read_text(encoding="utf-8") == _table(), "run make contract-mutations"


def _table() -> str:
    """Write what the suite shows, in the order of the suite."""
    gates = [f"- **{gate}**: {told}" for gate, told in GATES.items()]
    head = ["Contract", "Mutation", *GATES]
    rows = [
        [f"`{mutation.document}`", mutation.name, *(_mark(gate, mutation) for gate in GATES)]
        for mutation in sorted(MUTATIONS, key=lambda each: each.is_of_events)
    ]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    counts = [sum(gate in each.stopped_by.split() for each in MUTATIONS) for gate in GATES]
    lines.append(f"| | **{len(MUTATIONS)}** | {' | '.join(map(str, counts))} |")
    return INTRODUCTION + "\n".join([*gates, "", *lines]) + "\n"


def _mark(gate: str, mutation: Mutation) -> str:
    return "x" if gate in mutation.stopped_by.split() else ""
