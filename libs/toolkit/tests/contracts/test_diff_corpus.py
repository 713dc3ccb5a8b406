"""Each change of a contract is judged rightly, and told with whom it hits.

A case is one edit of one document of `tree/contracts`. `hit` names the services that a breaking
change hits, as the contracts tell; the clients of an operation are hit in any case.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
from typing_extensions import override

from waybill_toolkit.contracts.diff.judgement import judge
from waybill_toolkit.contracts.generate.repository import Repository
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

HTTP = "shop/openapi.yaml"
EVENTS = "shop/asyncapi.yaml"
STOCK = "stock/asyncapi.yaml"
MAIL = "mail/asyncapi.yaml"
SHARED = "shared/components.yaml"
PROBLEMS = "shared/problems.yaml"
GATEWAY = "gateway/gateway.yaml"

SELL = ("paths", "/v1/sales", "post")
GET = ("paths", "/v1/sales/{sale_id}", "get")
PARAMETERS = (*GET, "parameters")
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
JSON = "application/json"
YES, NO = True, False
KEY = "../shared/components.yaml#/components/parameters/IdempotencyKey"
MESSAGES = ("components", "messages")
TOKEN = ("components", "securitySchemes", "oauth2", "flows", "clientCredentials", "tokenUrl")


@dataclass(frozen=True)
class Case:
    verdict: Literal["breaking", "safe"]
    name: str
    document: str
    edit: Edit
    hit: str = ""
    before: Edit | None = None
    """What the contract said before, where that is not in `tree/`."""

    @override
    def __str__(self) -> str:
        return f"{self.verdict}: {self.name}"


def breaking(name: str, document: str, edit: Edit, hit: str = "") -> Case:
    return Case("breaking", name, document, edit, hit)


def safe(name: str, document: str, edit: Edit) -> Case:
    return Case("safe", name, document, edit)


def of(schema: str, name: str) -> tuple[str, ...]:
    return (*SCHEMAS, schema, "properties", name)


def request(name: str) -> tuple[str, ...]:
    return of("Sell", name)


def answer(name: str) -> tuple[str, ...]:
    return of("Sale", name)


def sold(name: str) -> tuple[str, ...]:
    return of("Sold", name)


def set_aside(name: str) -> tuple[str, ...]:
    return of("SetAside", name)


def parameter(name: str, kind: dict[str, str], *, required: bool = False) -> Edit:
    return also({"name": name, "in": "query", "required": required, "schema": kind}, *PARAMETERS)


RENAMED = both(
    rename("/v1/sales/{id}", *GET[:2]), put("id", "components", "parameters", "SaleId", "name")
)

OPERATIONS = [
    breaking("operation removed", HTTP, remove(*SELL)),
    breaking("operation removed that a service calls", HTTP, remove(*GET), "mail"),
    breaking("path moved", HTTP, rename("/v1/deals", "paths", "/v1/sales")),
    breaking("path parameter renamed", HTTP, RENAMED, "mail"),
    breaking("method changed", HTTP, rename("put", *SELL)),
    breaking("operationId changed", HTTP, put("read_sale", *GET, "operationId"), "mail"),
    breaking("scope added", HTTP, also("shop:write", *GET, "security", "0", "oauth2"), "mail"),
    breaking("scope replaced", HTTP, put([{"oauth2": ["mail:read"]}], *SELL, "security")),
    breaking("body limit lowered", HTTP, put(1024, *SELL, "x-body-limit-bytes")),
    breaking("operation hidden from the public", HTTP, put(YES, *GET, "x-internal"), "mail"),
    breaking("server moved", HTTP, put([{"url": "/shop"}], "servers"), "mail"),
    breaking("token address changed", SHARED, put("/oauth", *TOKEN), "mail shop"),
    safe("operation added", HTTP, copy((*GET[:2], "delete"), *GET)),
    safe("path added", HTTP, copy(("paths", "/v1/deals"), "paths", "/v1/sales")),
    safe("operation deprecated", HTTP, put(YES, *GET, "deprecated")),
    safe("summary changed", HTTP, put("Read a sale", *GET, "summary")),
    safe(
        "link added", HTTP, put({"a": {"operationId": "sell"}}, *GET, "responses", "200", "links")
    ),
    safe("body limit raised", HTTP, put(128 * 1024, *SELL, "x-body-limit-bytes")),
    safe("body limit left to the default", HTTP, remove(*SELL, "x-body-limit-bytes")),
    safe("operation opened to everybody", HTTP, put([], *GET, "security")),
    safe("second way in", HTTP, also({"oauth2": ["mail:read"]}, *GET, "security")),
    safe("scope declared", SHARED, put("Own", *TOKEN[:-1], "scopes", "shop:own")),
    safe("second service called", "mail/openapi.yaml", put(["get_units"], "x-calls", "stock")),
]

REQUESTS = [
    breaking("required field added to a request", HTTP, field("Sell", "shop", TEXT)),
    breaking("field of a request removed", HTTP, drop_field("Sell", "note", required=False)),
    breaking("field of a request renamed", HTTP, rename("remark", *request("note"))),
    breaking("field of a request required", HTTP, also("note", *SCHEMAS, "Sell", "required")),
    breaking("type of a request's field changed", HTTP, put(WHOLE, *request("note"))),
    breaking("null no longer taken", HTTP, put({"type": "string"}, *request("hint"))),
    breaking("pattern added", HTTP, put("^[a-z]+$", *request("note"), "pattern")),
    breaking("maxLength lowered", HTTP, put(100, *request("note"), "maxLength")),
    breaking("maximum lowered", HTTP, put(10, *request("quantity"), "maximum")),
    breaking(
        "minimum raised by excluding it", HTTP, put(1, *request("quantity"), "exclusiveMinimum")
    ),
    breaking("default changed", HTTP, put(2, *request("quantity"), "default")),
    breaking("branch of a union removed", HTTP, remove(*request("pay"), "oneOf", "1")),
    breaking("value of a request removed", HTTP, without("gift", *request("kind"), "enum")),
    breaking("number narrowed to integer", HTTP, put("integer", *request("tip"), "type")),
    breaking(
        "additional fields forbidden", HTTP, put(NO, *SCHEMAS, "Card", "additionalProperties")
    ),
    breaking("unknown keyword added", HTTP, put({"required": ["note"]}, *SCHEMAS, "Sell", "if")),
    breaking("body no longer taken", HTTP, remove(*SELL, "requestBody")),
    breaking(
        "media type replaced", HTTP, rename("text/csv", *SELL, "requestBody", "content", JSON)
    ),
    breaking("required parameter added", HTTP, parameter("shop", TEXT, required=True), "mail"),
    breaking("parameter removed", HTTP, remove(*PARAMETERS, "2"), "mail"),
    breaking("parameter required", HTTP, put(YES, *PARAMETERS, "3", "required"), "mail"),
    breaking(
        "type of a parameter changed", HTTP, put(WHOLE, *PARAMETERS, "3", "schema", "items"), "mail"
    ),
    breaking("parameter's place changed", HTTP, put("header", *PARAMETERS, "2", "in"), "mail"),
    breaking(
        "parameter's default changed", HTTP, put(10, *PARAMETERS, "2", "schema", "default"), "mail"
    ),
    breaking(
        "parameter's default removed", HTTP, remove(*PARAMETERS, "2", "schema", "default"), "mail"
    ),
    breaking("parameter's spelling changed", HTTP, put(NO, *PARAMETERS, "3", "explode"), "mail"),
    breaking("idempotency key removed", HTTP, remove(*SELL, "parameters", "0")),
    breaking("idempotency key required", HTTP, also({"$ref": KEY}, *PARAMETERS), "mail"),
    safe("optional field added to a request", HTTP, field("Sell", "shop", TEXT, required=False)),
    safe("field of a request optional", HTTP, without("sku", *SCHEMAS, "Sell", "required")),
    safe("null taken", HTTP, put({"type": ["string", "null"], "maxLength": 200}, *request("note"))),
    safe(
        "null taken as a branch",
        HTTP,
        put({"oneOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}, *request("note")),
    ),
    safe("pattern removed", HTTP, remove(*request("code"), "pattern")),
    safe("maxLength raised", HTTP, put(300, *request("note"), "maxLength")),
    safe("maxLength removed", HTTP, remove(*request("note"), "maxLength")),
    safe("minLength of nothing", HTTP, put(0, *request("note"), "minLength")),
    safe(
        "minimum written otherwise",
        HTTP,
        both(
            remove(*request("quantity"), "minimum"),
            put(0, *request("quantity"), "exclusiveMinimum"),
        ),
    ),
    safe("integer widened to number", HTTP, put("number", *request("quantity"), "type")),
    safe("value of a request added", HTTP, also("loan", *request("kind"), "enum")),
    safe(
        "branch of a union added",
        HTTP,
        both(
            copy((*SCHEMAS, "Cheque"), *SCHEMAS, "Card"),
            also({"$ref": "#/components/schemas/Cheque"}, *request("pay"), "oneOf"),
        ),
    ),
    safe(
        "branches in another order",
        HTTP,
        put(
            [{"$ref": "#/components/schemas/Cash"}, {"$ref": "#/components/schemas/Card"}],
            *request("pay"),
            "oneOf",
        ),
    ),
    safe(
        "schema renamed",
        HTTP,
        both(
            rename("Order", *SCHEMAS, "Sell"),
            put(
                {"$ref": "#/components/schemas/Order"},
                *SELL,
                "requestBody",
                "content",
                JSON,
                "schema",
            ),
        ),
    ),
    safe(
        "schema wrapped to describe it",
        HTTP,
        put(
            {"allOf": [{"$ref": "#/components/schemas/Card"}], "description": "By card."},
            *request("pay"),
            "oneOf",
            "0",
        ),
    ),
    safe(
        "schema written inline",
        HTTP,
        put({"type": "string", "enum": ["open", "closed"]}, *PARAMETERS, "4", "schema"),
    ),
    safe("optional parameter added", HTTP, parameter("shop", TEXT)),
    safe("parameter described", HTTP, put("How many.", *PARAMETERS, "2", "description")),
    safe(
        "parameters in another order",
        HTTP,
        both(
            also({"$ref": "#/components/parameters/SaleId"}, *PARAMETERS), remove(*PARAMETERS, "0")
        ),
    ),
    safe("word that is no keyword added", HTTP, put(YES, *SCHEMAS, "Sell", "of course")),
    safe("example added", HTTP, put({"sku": "a"}, *SCHEMAS, "Sell", "example")),
]

ANSWERS = [
    breaking("field of an answer removed", HTTP, drop_field("Sale", "sold_at"), "mail"),
    breaking(
        "optional field of an answer removed",
        HTTP,
        drop_field("Sale", "due", required=False),
        "mail",
    ),
    breaking("field of an answer renamed", HTTP, rename("seller", *answer("due")), "mail"),
    breaking(
        "field of an answer optional", HTTP, without("price", *SCHEMAS, "Sale", "required"), "mail"
    ),
    breaking("type of an answer's field changed", HTTP, put(TEXT, *answer("rating")), "mail"),
    breaking(
        "integer of an answer widened", HTTP, put("number", *answer("rating"), "type"), "mail"
    ),
    breaking(
        "answer's field can be null",
        HTTP,
        put({"type": ["string", "null"], "format": "date"}, *answer("due")),
        "mail",
    ),
    breaking("format of an answer's field removed", HTTP, remove(*answer("due"), "format"), "mail"),
    breaking(
        "maximum of an answer's field raised", HTTP, put(10, *answer("rating"), "maximum"), "mail"
    ),
    breaking("value of an answer added", HTTP, also("lost", *SCHEMAS, "State", "enum"), "mail"),
    breaking("shared field removed", SHARED, drop_field("Money", "currency"), "mail"),
    breaking("shared pattern removed", SHARED, remove(*SCHEMAS, "Currency", "pattern"), "mail"),
    breaking("success replaced", HTTP, rename("200", *SELL, "responses", "201")),
    breaking("success added", HTTP, copy((*SELL, "responses", "202"), *SELL, "responses", "201")),
    breaking("status removed", HTTP, remove(*GET, "responses", "404"), "mail"),
    breaking(
        "body of an answer removed", HTTP, remove(*GET, "responses", "200", "content"), "mail"
    ),
    breaking(
        "header of an answer removed",
        HTTP,
        remove(*SELL, "responses", "201", "headers", "Location"),
    ),
    breaking(
        "header of an answer optional",
        HTTP,
        remove(*SELL, "responses", "201", "headers", "Location", "required"),
    ),
    breaking("problem removed", HTTP, without("sold-out", *SELL, "responses", "409", "x-problems")),
    breaking(
        "problem moved to another status",
        HTTP,
        both(
            without("sold-out", *SELL, "responses", "409", "x-problems"),
            also("sold-out", *SELL, "responses", "422", "x-problems"),
        ),
    ),
    breaking("field of a problem removed", PROBLEMS, remove("sold-out", "fields", "left")),
    breaking(
        "type of a problem's field changed", PROBLEMS, put(TEXT, "sold-out", "fields", "left")
    ),
    breaking("answer of the gateway removed", GATEWAY, remove("answers", "every_operation", "502")),
    safe(
        "answer of the gateway added",
        GATEWAY,
        copy(("answers", "every_operation", "504"), "answers", "every_operation", "502"),
    ),
    safe("required field added to an answer", HTTP, field("Sale", "seller", TEXT)),
    safe("optional field added to an answer", HTTP, field("Sale", "seller", TEXT, required=False)),
    safe("field of an answer always there", HTTP, also("due", *SCHEMAS, "Sale", "required")),
    safe("answer's field never null", HTTP, put("string", *answer("next"), "type")),
    safe("maximum of an answer's field lowered", HTTP, put(4, *answer("rating"), "maximum")),
    safe("value of an answer removed", HTTP, without("gone", *answer("place"), "enum")),
    safe("number of an answer narrowed", HTTP, put("integer", *answer("weight"), "type")),
    safe("answer open to more fields", HTTP, remove(*SCHEMAS, "Sale", "additionalProperties")),
    safe("error status added", HTTP, copy((*GET, "responses", "410"), *GET, "responses", "404")),
    safe("problem added", HTTP, also("sold-out", *SELL, "responses", "422", "x-problems")),
    safe("field of a problem added", PROBLEMS, put(TEXT, "sold-out", "fields", "shop")),
    safe("title of a problem changed", PROBLEMS, put("All gone", "sold-out", "title")),
    safe(
        "header of an answer added",
        HTTP,
        put({"ETag": {"schema": TEXT}}, *GET, "responses", "200", "headers"),
    ),
    safe(
        "header of an answer always there",
        HTTP,
        put(YES, *SELL, "responses", "201", "headers", "ETag", "required"),
    ),
    safe("answer described", HTTP, put("What was sold.", *SCHEMAS, "Sale", "description")),
]

FACTS = [
    breaking(
        "event removed",
        EVENTS,
        both(
            remove("operations", "tell", "messages", "1"),
            remove("channels", "sale_events", "messages", "refunded"),
        ),
    ),
    breaking("event no longer sent", EVENTS, remove("operations", "tell", "messages", "0"), "mail"),
    breaking(
        "event type renamed", EVENTS, put("shop.sold-out.v1", *MESSAGES, "sold", "name"), "mail"
    ),
    breaking(
        "topic renamed",
        EVENTS,
        put("shop.deal-events.v1", "channels", "sale_events", "address"),
        "mail",
    ),
    breaking("key changed", EVENTS, put("how", *MESSAGES, "sold", "x-key"), "mail"),
    breaking("partitions added", EVENTS, put(8, "channels", "sale_events", "x-partitions"), "mail"),
    breaking(
        "retention shortened",
        EVENTS,
        put(12, "channels", "sale_events", "x-retention-hours"),
        "mail",
    ),
    breaking("content type changed", EVENTS, put("text/csv", "defaultContentType"), "mail"),
    breaking("required field of an event removed", EVENTS, drop_field("Sold", "price"), "mail"),
    breaking(
        "optional field of an event removed",
        EVENTS,
        drop_field("Sold", "units", required=False),
        "mail",
    ),
    breaking("field of an event renamed", EVENTS, rename("count", *sold("units")), "mail"),
    breaking("required field added to an event", EVENTS, field("Sold", "shop", TEXT), "mail"),
    breaking(
        "field of an event required", EVENTS, also("units", *SCHEMAS, "Sold", "required"), "mail"
    ),
    breaking(
        "field of an event optional", EVENTS, without("price", *SCHEMAS, "Sold", "required"), "mail"
    ),
    breaking("type of an event's field changed", EVENTS, put(TEXT, *sold("units")), "mail"),
    breaking("integer of an event widened", EVENTS, put("number", *sold("units"), "type"), "mail"),
    breaking(
        "event's field can be null", EVENTS, put(["string", "null"], *sold("how"), "type"), "mail"
    ),
    breaking("value added to an event", EVENTS, also("gift", *sold("how"), "enum"), "mail"),
    breaking("value removed from an event", EVENTS, without("cash", *sold("how"), "enum"), "mail"),
    breaking(
        "maximum of an event's field raised", EVENTS, put(1000, *sold("units"), "maximum"), "mail"
    ),
    breaking(
        "maximum of an event's field lowered", EVENTS, put(10, *sold("units"), "maximum"), "mail"
    ),
    breaking(
        "field within an event removed",
        EVENTS,
        remove(*sold("buyer"), "properties", "name"),
        "mail",
    ),
    breaking(
        "optional field added to a closed shared schema",
        SHARED,
        field("Money", "exponent", WHOLE, required=False),
        "mail",
    ),
    breaking("event that only one service receives", STOCK, drop_field("Counted", "units"), "shop"),
    breaking("event that nobody here receives", STOCK, put(WHOLE, *of("Lost", "sku"))),
    safe("optional field added to an event", EVENTS, field("Sold", "shop", TEXT, required=False)),
    safe(
        "optional field added within an event",
        EVENTS,
        put(TEXT, *sold("buyer"), "properties", "mail"),
    ),
    safe(
        "event added",
        EVENTS,
        both(
            copy((*MESSAGES, "lost"), *MESSAGES, "sold"),
            put("shop.lost.v1", *MESSAGES, "lost", "name"),
            put(
                {"$ref": "#/components/messages/lost"},
                "channels",
                "sale_events",
                "messages",
                "lost",
            ),
        ),
    ),
    safe(
        "topic added",
        STOCK,
        both(
            copy(("channels", "x"), "channels", "commands"),
            put("stock.x-events.v1", "channels", "x", "address"),
            put({}, "channels", "x", "messages"),
        ),
    ),
    safe(
        "event received besides",
        MAIL,
        also(
            {"$ref": "../shop/asyncapi.yaml#/channels/sale_events/messages/refunded"},
            "operations",
            "hear",
            "messages",
        ),
    ),
    safe("event no longer received", MAIL, remove("operations", "hear")),
    safe("retention prolonged", EVENTS, put(48, "channels", "sale_events", "x-retention-hours")),
    safe(
        "closed in words: receivers ignore what they do not know",
        EVENTS,
        put(NO, *SCHEMAS, "Sold", "additionalProperties"),
    ),
    safe(
        "open in words: senders send only what they know",
        STOCK,
        remove(*SCHEMAS, "Counted", "additionalProperties"),
    ),
    safe("event described", EVENTS, put("Sold for good.", *MESSAGES, "sold", "summary")),
    safe(
        "payload renamed",
        EVENTS,
        both(
            rename("SaleMade", *SCHEMAS, "Sold"),
            put({"$ref": "#/components/schemas/SaleMade"}, *MESSAGES, "sold", "payload"),
        ),
    ),
    safe(
        "message component renamed",
        EVENTS,
        both(
            rename("sale", *MESSAGES, "sold"),
            put(
                {"$ref": "#/components/messages/sale"},
                "channels",
                "sale_events",
                "messages",
                "sold",
            ),
        ),
    ),
]

COMMANDS = [
    breaking("command no longer obeyed", STOCK, remove("operations", "obey"), "shop"),
    breaking(
        "required field added to a command", STOCK, field("SetAside", "shop", TEXT), "shop stock"
    ),
    breaking(
        "field of a command removed",
        STOCK,
        drop_field("SetAside", "until", required=False),
        "shop stock",
    ),
    breaking(
        "maximum of a command's field lowered",
        STOCK,
        put(5, *set_aside("units"), "maximum"),
        "shop stock",
    ),
    breaking(
        "topic of commands renamed",
        STOCK,
        put("stock.orders.v1", "channels", "commands", "address"),
        "shop stock",
    ),
    safe(
        "optional field added to a command", STOCK, field("SetAside", "shop", TEXT, required=False)
    ),
    safe("command no longer given", EVENTS, remove("operations", "command")),
]

PAY = request("pay")
ODD = {"title": TEXT, "description": TEXT, "x-y": TEXT}
BRANCHES = [{"type": "integer"}, {"type": "number"}]


def was(edit: Edit, case: Case) -> Case:
    """Let the contract have been another one before."""
    return replace(case, before=edit)


FOOLED = [
    breaking(
        "tag means another branch",
        HTTP,
        put("#/components/schemas/Cash", *PAY, "discriminator", "mapping", "card"),
    ),
    breaking("tag removed", HTTP, remove(*PAY, "discriminator", "mapping", "card")),
    safe(
        "tag added",
        HTTP,
        put("#/components/schemas/Cash", *PAY, "discriminator", "mapping", "coins"),
    ),
    breaking("address of everything moved", GATEWAY, put([{"url": "/api"}], "servers")),
    was(
        put(ODD, *SCHEMAS, "Sell", "patternProperties"),
        breaking(
            "field called title, by a pattern",
            HTTP,
            put(WHOLE, *SCHEMAS, "Sell", "patternProperties", "title"),
        ),
    ),
    was(
        put({"type": "object", "properties": ODD}, *answer("properties")),
        breaking(
            "field called title, in one called properties",
            HTTP,
            put(WHOLE, *answer("properties"), "properties", "title"),
            "mail",
        ),
    ),
    was(
        put([{"title": "a"}], *request("note"), "enum"),
        breaking(
            "value that looks like words changed",
            HTTP,
            put("b", *request("note"), "enum", "0", "title"),
        ),
    ),
    was(
        put({"title": "a"}, *request("hint"), "default"),
        breaking(
            "default that looks like words changed",
            HTTP,
            put("b", *request("hint"), "default", "title"),
        ),
    ),
    was(
        put(YES, *request("hint"), "default"),
        breaking("default true is 1", HTTP, put(1, *request("hint"), "default")),
    ),
    safe("default 1 written as 1.0", HTTP, put(1.0, *request("quantity"), "default")),
    was(
        put({"oneOf": BRANCHES[:1]}, *request("tip")),
        breaking("branch added that overlaps", HTTP, also(BRANCHES[1], *request("tip"), "oneOf")),
    ),
    was(
        put({"oneOf": BRANCHES[:1]}, *request("tip")),
        safe("branch added that does not", HTTP, also(TEXT, *request("tip"), "oneOf")),
    ),
    was(
        put(4, *request("quantity"), "multipleOf"),
        safe("smaller steps taken", HTTP, put(2, *request("quantity"), "multipleOf")),
    ),
    was(
        put(4, *request("quantity"), "multipleOf"),
        breaking("other steps taken", HTTP, put(6, *request("quantity"), "multipleOf")),
    ),
    was(
        put(TEXT, *SCHEMAS, "Sold", "additionalProperties"),
        breaking(
            "other fields of an event no longer text",
            EVENTS,
            remove(*SCHEMAS, "Sold", "additionalProperties"),
            "mail",
        ),
    ),
    safe("anything taken", HTTP, put(YES, *request("note"))),
    breaking("nothing taken", HTTP, put(NO, *request("note"))),
    safe("one value of an answer left", HTTP, put({"const": "shelf"}, *answer("place"))),
    was(
        put({"$ref": "#/components/schemas/State"}, *request("note")),
        breaking("limit beside a reference", HTTP, put(9, *request("note"), "maxLength")),
    ),
]

CASES = OPERATIONS + REQUESTS + ANSWERS + FACTS + COMMANDS + FOOLED


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_is_judged_rightly(
    case: Case, contracts: Path, repository: Repository, tmp_path: Path
) -> None:
    if case.before:
        contracts = shutil.copytree(contracts, tmp_path / "before" / "contracts")
        for root in (contracts, repository.root / "contracts"):
            rewrite(root / case.document, case.before)
    rewrite(repository.root / "contracts" / case.document, case.edit)

    judgement = judge(contracts, repository.root / "contracts")

    found = [each for each in judgement.changes if each.change.breaking]
    assert judgement.allowed is (case.verdict == "safe"), judgement.changes
    assert bool(found) is (case.verdict == "breaking"), found
    assert {hit.service for each in found for hit in each.hits} == set(case.hit.split())


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len({str(case) for case in CASES}) == len(CASES) >= 40
    for verdict in ("breaking", "safe"):
        for border in ("openapi", "asyncapi"):
            assert [
                case
                for case in CASES
                if (case.verdict, border) == (verdict, case.document.partition("/")[2][:-5])
            ]
