"""The packages for Go and Java are deterministic and complete, and compile without warnings."""

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.compilers import NEEDED, Compiler, run, why_not
from waybill_toolkit.contracts.sdk.contract import PublicContract, UnsupportedContractError
from waybill_toolkit.contracts.sdk.reading import public_contract_of, read_public_contract

ROOT: Final = Path(__file__).parents[5]
LINES_MAX: Final = {"go": 5_000, "java": 10_000}
"""Lines: the packages have 2,700 and 6,000 with four services, with the licence."""

TEXT: Final = {"type": "string"}
ODD_SCHEMAS: Final[Mapping[str, Any]] = {
    "Card": {
        "type": "object",
        "required": ["kind", "digits"],
        "properties": {"kind": {"type": "string", "const": "card"}, "digits": TEXT},
    },
    "Cash": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": ["cash"]}},
    },
    "Means": {
        "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Cash"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {
                "card": "#/components/schemas/Card",
                "cash": "#/components/schemas/Cash",
            },
        },
    },
    "Client": {
        "type": "object",
        "description": "Not ours. */ \\u0041 @see <b>\n\nTwo paragraphs.",
        "required": ["class", "odd_name", "means", "at", "func"],
        "properties": {
            "class": {"type": ["string", "null"]},
            "odd_name": {"type": "array", "items": {"type": "string", "enum": ["a b", "1", ""]}},
            "means": {"$ref": "#/components/schemas/Means"},
            "at": {"type": "string", "format": "date-time"},
            "func": {"type": "number"},
            "day": {"type": "string", "format": "date"},
            "notify": {"type": "boolean"},
            "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
            "pair": {"type": "array", "prefixItems": [{"type": "number"}]},
            "next": {"anyOf": [{"$ref": "#/components/schemas/Client"}, {"type": "null"}]},
            "anything": True,
        },
    },
    "Object": {
        "allOf": [
            {"$ref": "#/components/schemas/Client"},
            {"type": "object", "properties": {"more": {"type": "integer"}}},
        ]
    },
}
PROGRAMS: Final = {
    "go": """
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"example.com/waybill"
)

func main() {
	var read waybill.Object
	if err := json.NewDecoder(strings.NewReader(os.Args[1])).Decode(&read); err != nil {
		panic(err)
	}
	written, err := json.Marshal(read)
	isAB := read.OddName[0] == waybill.ObjectOddNameItemAB
	fmt.Println(read.Means.Card.Digits, isAB, *read.More, err)
	fmt.Println(string(written))

	if err := json.Unmarshal([]byte(os.Args[2]), &read); err != nil {
		panic(err)
	}
	written, err = json.Marshal(read)
	fmt.Println(read.Means.Card == nil, read.OddName[0].IsKnown(), err)
	fmt.Println(string(written))
}

func call(client *waybill.Client) {
	options := waybill.DeleteOptions{Default: []string{"x", "y"}, XOdd: waybill.Ptr("z")}
	cash := waybill.Means{Cash: &waybill.Cash{Kind: "cash"}}
	_, _ = client.OddThings.Delete(context.Background(), 1, "type", cash, options)
}
""",
    "java": """
import java.util.List;
import waybill.*;
import waybill.internal.*;
import waybill.model.*;

public class Odd {
    public static void main(String[] arguments) {
        ObjectModel read = Codec.fromJson(Json.read(arguments[0]), ObjectModel.class);
        Card card = (Card) read.means();
        boolean isAB = read.oddName().get(0) == ObjectOddNameItem.A_B;
        System.out.println(card.digits() + " " + isAB + " " + read.more() + " <nil>");
        System.out.println(Json.write(Codec.toJson(read)));

        read = Codec.fromJson(Json.read(arguments[1]), ObjectModel.class);
        boolean isKnown = read.oddName().get(0).isKnown();
        System.out.println((read.means() instanceof Means.Other) + " " + isKnown + " <nil>");
        System.out.println(Json.write(Codec.toJson(read)));
    }

    static void call(WaybillClient client) {
        DeleteOptions options = new DeleteOptions().withDefault_(List.of("x", "y")).withXOdd("z");
        client.oddThings().delete(1, "type", new Cash(CashKind.CASH), options);
    }
}
""",
}
ODD: Final = (
    '{"class":null,"odd_name":["a b"],"means":{"kind":"card","digits":"42"},'
    '"at":"2026-11-22T06:00:00Z","func":1.5,"day":"2026-11-22","notify":false,"by_name":{"a":1},'
    '"pair":[1.5],"anything":[true],"more":7}'
)
ODD_TOMORROW: Final = (
    '{"class":"x","odd_name":["new"],"means":{"kind":"points","left":{"a":[null]}},'
    '"at":"2026-11-22T06:00:00Z","func":1.5,"day":"2026-11-22","notify":false,"by_name":{"a":1},'
    '"pair":[1.5],"anything":[true],"more":7,"later":{"a":[null,1]}}'
)
"""It has an unknown option of a union, an unknown value of an enumeration, and an unknown field."""


@pytest.fixture(scope="module")
def contract() -> PublicContract:
    return read_public_contract(Repository.around(ROOT))


def write_into(folder: Path, language: str, contract: PublicContract) -> dict[str, bytes]:
    folder.mkdir()
    write(language, contract, folder)
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("language", sorted(NEEDED))
def test_the_same_bytes_are_written_each_time(
    contract: PublicContract, language: str, tmp_path: Path
) -> None:
    first = write_into(tmp_path / "first", language, contract)

    assert write_into(tmp_path / "second", language, contract) == first
    lines = sum(text.count(b"\n") for path, text in first.items() if not path.endswith(".md"))
    assert lines < LINES_MAX[language]


@pytest.mark.parametrize("language", sorted(NEEDED))
def test_every_operation_and_problem_is_there(
    contract: PublicContract, language: str, tmp_path: Path
) -> None:
    files = write_into(tmp_path / "package", language, contract)
    text = b"\n".join(files.values()).decode()
    problem = {
        "go": r"^type \w+Error struct \{\n\tProblem",
        "java": r"class \w+ extends ProblemExc",
    }
    called = {"go": r"call := call\{", "java": r"new Call\("}

    assert len(re.findall(called[language], text)) == len(contract.operations)
    assert len(re.findall(problem[language], text, re.MULTILINE)) == len(contract.problems)


@pytest.mark.parametrize("language", sorted(NEEDED))
def test_a_service_with_odd_names_is_there_and_clean(
    contract: PublicContract, language: str, tmp_path: Path
) -> None:
    write_into(tmp_path / "package", language, with_odd_service(contract))
    if reason := why_not(language):
        pytest.skip(f"{reason}; what was written for {language} is compiled where it is")
    (tmp_path / "programs").mkdir()
    compiler = Compiler(language, tmp_path / "package", tmp_path / "programs")

    compiler.check()
    command = compiler.compile("odd", PROGRAMS[language].lstrip())
    read, written, read_later, written_later = run(command, ODD, ODD_TOMORROW).splitlines()

    assert read == "42 true 7 <nil>"
    assert sorted(written) == sorted(ODD if language == "go" else ODD.replace('"class":null,', ""))
    assert read_later == "true false <nil>"
    assert json.loads(written_later) == json.loads(ODD_TOMORROW)


@pytest.mark.parametrize("language", sorted(NEEDED))
def test_a_contract_with_one_name_for_two_things_is_refused(
    contract: PublicContract, language: str, tmp_path: Path
) -> None:
    openapi: Any = copy.deepcopy(contract.openapi)
    schemas = openapi["components"]["schemas"]
    schemas["ListOrdersOptions"] = {"type": "object", "properties": {"a": TEXT}}
    schemas["Order"]["properties"]["more"] = {"$ref": "#/components/schemas/ListOrdersOptions"}

    with pytest.raises(UnsupportedContractError, match=r"ListOrdersOptions.* rename one\."):
        write_into(tmp_path / "package", language, changed(contract, openapi))


def with_odd_service(contract: PublicContract) -> PublicContract:
    """Add a service whose names are keywords of the languages."""
    openapi: Any = copy.deepcopy(contract.openapi)
    openapi["components"]["schemas"] |= ODD_SCHEMAS
    openapi["tags"].append({"name": "odd_things", "description": "Odd."})
    openapi["paths"]["/v1/odd/{type}/{body}"] = {
        "post": {
            "operationId": "delete",
            "x-service": "odd_things",
            "security": [],
            "summary": "Odd",
            "parameters": [
                {"name": "body", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "type", "in": "path", "required": True, "schema": TEXT},
                {"name": "default", "in": "query", "schema": {"type": "array", "items": TEXT}},
                {"name": "X-Odd", "in": "header", "schema": TEXT},
            ],
            "requestBody": {"content": media("Means")},
            "responses": {
                "200": {"content": media("Object"), "headers": {"X-Count": {"schema": TEXT}}}
            },
        },
        "delete": {
            "operationId": "forget",
            "x-service": "odd_things",
            "security": [],
            "parameters": [
                {"name": "body", "in": "path", "required": True, "schema": TEXT},
                {"name": "type", "in": "path", "required": True, "schema": TEXT},
            ],
            "responses": {"204": {"description": "Gone."}},
        },
    }
    return changed(contract, openapi)


def media(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def changed(contract: PublicContract, openapi: Mapping[str, Any]) -> PublicContract:
    registry = {
        each.slug: {"status": each.status, "title": each.title, "raised_by": "runtime"}
        for each in contract.problems
    }
    return public_contract_of(openapi, registry)
