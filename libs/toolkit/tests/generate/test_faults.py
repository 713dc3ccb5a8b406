from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.repository import Repository

API = "contracts/shop/openapi.yaml"
EVENTS = "contracts/shop/asyncapi.yaml"
PROBLEMS = "contracts/shared/problems.yaml"


@dataclass(frozen=True)
class Case:
    """A fault: the replaced text, and the expected message for the line with `at`."""

    name: str
    file: str
    old: str
    new: str
    message: str
    at: str = ""

    @override
    def __str__(self) -> str:
        return self.name


CASES = [
    Case("no YAML", API, "openapi: 3.1.0", "openapi: [", "this is no YAML", "paths:"),
    Case(
        "broken reference",
        API,
        "schema: {$ref: '#/components/schemas/Sell'}",
        "schema: {$ref: '#/components/schemas/Gone'}",
        "there is no 'Gone' there",
    ),
    Case("no identifier", API, "operationId: sell", "operationId: sell-it", "no snake_case name"),
    Case("keyword", API, "operationId: sell", "operationId: yield", "a keyword of Python"),
    Case("two operations", API, "operationId: get_sale", "operationId: sell", "POST /v1/sales has"),
    Case(
        "no operation id", API, "operationId: sell\n", "x-y: 1\n", "operationId is missing", "post:"
    ),
    Case(
        "no scopes", API, "security: [{oauth2: ['shop:read']}]\n", "x-y: 1\n", "no scopes", "get:"
    ),
    Case("unknown scope", API, "['shop:read']", "['shop:own']", "shop:own is not declared"),
    Case(
        "unknown problem", API, "[sale-not-found]", "[sale-lost]", "sale-lost is not in contracts"
    ),
    Case("other status", API, "in-use, sold-out]", "in-use, sale-not-found]", "has status 404"),
    Case("no problems", API, "x-problems: [sale-not-found]", "x-y: 1", "x-problems", "'404':"),
    Case(
        "304 without an ETag",
        API,
        "        '404':\n",
        "        '304': {description: Known.}\n        '404':\n",
        "nothing can answer 304 here",
        "'304'",
    ),
    Case(
        "ETag without 304",
        API,
        "          description: The sale.\n",
        "          description: The sale.\n          headers: {ETag: {schema: {type: string}}}\n",
        "the runtime can answer 304",
        "responses:",
    ),
    Case("default answer", API, "'204':", "default:", "a default response hides"),
    Case("range of statuses", API, "'204':", "'2XX':", "is not a status"),
    Case(
        "undeclared answer of the runtime",
        API,
        "[malformed-request, idempotency-key-missing]",
        "[malformed-request]",
        "can answer idempotency-key-missing",
        "      responses:",
    ),
    Case(
        "impossible answer of the runtime",
        API,
        "      x-body-limit-bytes: 16384\n      requestBody:\n        required: true\n"
        "        content: {application/json: {schema: {$ref: '#/components/schemas/Sell'}}}\n",
        "",
        "nothing can answer body-too-large",
        "      responses:",
    ),
    Case("optional body", API, "        required: true\n", "", "required: true", "requestBody:"),
    Case("limit that is none", API, "bytes: 16384", "bytes: much", "a number of bytes"),
    Case(
        "schema without a name",
        API,
        "content: {application/json: {schema: {$ref: '#/components/schemas/Sell'}}}",
        "content: {application/json: {schema: {type: object}}}",
        "name this schema",
    ),
    Case("unsayable parameter", API, "array, items", "array, uniqueItems: true, items", "scalar"),
    Case(
        "unsayable schema",
        API,
        "not: {const: 0}",
        "not: {const: 1}",
        "no Python type can express not",
    ),
    Case("name of a class", API, "State", "state", "no PascalCase name"),
    Case("name of a parameter", API, "name: tag", "name: body", "means something else"),
    Case("no OpenAPI", API, "info: {title: Shop", "info: {titel: Shop", "title is missing; add it"),
    Case(
        "no key",
        EVENTS,
        "      x-key: sale_id\n",
        "",
        "x-key is missing; name the required field",
        "sold:\n",
    ),
    Case("key elsewhere", EVENTS, "x-key: sale_id", "x-key: buyer", "no required field of Sold"),
    Case(
        "other channel",
        EVENTS,
        "channel: {$ref: '../stock/asyncapi.yaml#/channels/stock_events'}",
        "channel: {$ref: '#/channels/sale_events'}",
        "no message of the channel sale_events",
        "messages/counted",
    ),
    Case(
        "undeclared topic", EVENTS, "'#/channels/sale_events'}", "'#/channels/x'}", "no 'x' there"
    ),
    Case("undeclared event", EVENTS, "messages/sold'\n", "messages/x'\n", "no 'x' there"),
    Case(
        "foreign topic",
        EVENTS,
        "shop.sale-events.v1",
        "stock.sale-events.v1",
        "not shop's",
        "sale_events:",
    ),
    Case("name of a topic", EVENTS, "shop.sale-events.v1", "sales", "does not match"),
    Case("name of an event", EVENTS, "name: shop.sold.v1", "name: Sold", "does not match"),
    Case("action", EVENTS, "action: send", "action: publish", "is not one of"),
    Case(
        "two kinds of key",
        EVENTS,
        "x-key: sale_id\n      payload: {$ref: '#/components/schemas/Refunded'}",
        "x-key: reason\n      payload: {$ref: '#/components/schemas/Refunded'}",
        "one topic, one kind of key",
        "sale_events:",
    ),
    Case("status of a problem", PROBLEMS, "status: 404", "status: 200", "200 is no error"),
    Case(
        "raised by",
        PROBLEMS,
        "such sale, raised_by: handler",
        "such sale, raised_by: x",
        "is none of",
    ),
    Case("member of a problem", PROBLEMS, "{sku:", "{title:", "title means something else"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_faulty_contract_is_refused_with_file_line_and_reason(
    repository: Repository, case: Case
) -> None:
    path = repository.root / case.file
    text = path.read_text(encoding="utf-8")
    assert case.old in text
    path.write_text(text.replace(case.old, case.new), encoding="utf-8")

    with pytest.raises(ContractError) as caught:
        repository.generate(["shop"])

    found = [f for f in caught.value.faults if case.message in f.message]
    assert found, caught.value
    line = path.read_text(encoding="utf-8").splitlines()[found[0].line - 1] + "\n"
    assert found[0].path == path
    assert (case.at or case.new.partition("\n")[0]) in line


def test_several_faults_are_found_at_once(repository: Repository) -> None:
    api, events = repository.root / API, repository.root / EVENTS
    api.write_text(
        api.read_text()
        .replace("operationId: sell", "operationId: yield")
        .replace("['shop:read']", "['shop:own']")
        .replace("[sale-not-found]", "[sale-lost]")
    )
    events.write_text(events.read_text().replace("x-key: sale_id", "x-key: buyer", 1))

    with pytest.raises(ContractError) as caught:
        repository.generate(["shop"])

    assert len(caught.value.faults) == 5


def test_two_components_of_one_name_are_refused(repository: Repository) -> None:
    api = repository.root / API
    text = api.read_text().replace("    State:", "    Currency: {type: string}\n    State:")
    api.write_text(text)

    with pytest.raises(ContractError, match="there is another Currency in schemas"):
        repository.generate(["shop"])


def test_nothing_is_written_when_one_service_is_faulty(repository: Repository) -> None:
    _break(repository.root / API)

    with pytest.raises(ContractError):
        repository.write(repository.generate(repository.services))

    assert not (repository.root / "services").exists()


def _break(path: Path) -> None:
    path.write_text(path.read_text().replace("operationId: sell", "operationId: yield"))
