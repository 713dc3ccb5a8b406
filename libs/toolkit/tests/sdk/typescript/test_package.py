"""The package that is written: repeatable, small, and clean whatever a contract says."""

import copy
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.node import packages
from waybill_toolkit.contracts.node.program import NodeUnavailableError
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.reading import public_contract_of
from waybill_toolkit.contracts.sdk.typescript.testing import Project
from waybill_toolkit.contracts.sdk.typescript.types import declaration, type_of

LINES_MAX: Final = 4400
"""It has about 3,600 with five services."""

ODD_SCHEMAS: Final[Mapping[str, Any]] = {
    "Card": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "card"}}},
    "Cash": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cash"}}},
    "Means": {
        "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Cash"}],
        "discriminator": {"propertyName": "kind"},
    },
    "Waybill": {
        "type": "object",
        "description": "Not the client. */ throw 1",
        "required": ["class", "odd-name"],
        "properties": {
            "class": {"type": ["string", "null"]},
            "odd-name": {"type": "array", "items": {"enum": ["a", 'b"', None, 3]}},
            "means": {"$ref": "#/components/schemas/Means"},
            "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
            "pair": {"type": "array", "prefixItems": [{"type": "number"}], "items": False},
            "anything": True,
        },
    },
    "Record": {
        "allOf": [
            {"$ref": "#/components/schemas/Waybill"},
            {"type": "object", "properties": {"more": {"type": "boolean"}}},
        ]
    },
}
PROGRAM: Final = """
import { Waybill, type schemas } from "waybill-client";

declare const address: string;

export async function use(): Promise<schemas.Record | undefined> {
  const waybill = new Waybill({ baseUrl: address });
  await waybill.oddThings.delete("a", 2, { kind: "cash" }, { default: ["x", "y"], x_odd: "z" });
  const { headers } = await waybill.oddThings.delete("a", 2, { kind: "card" }).withHeaders();
  console.log(headers.etag.length, headers.x_count?.length);
  return waybill.oddThings.delete("a", 2, { kind: "card" });
}
"""


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_same_bytes_are_written_each_time(package: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(build(), ["sdk", "typescript", "-o", str(tmp_path / "again")])

    assert result.exit_code == 0, result.output
    again = files(tmp_path / "again")
    del again[".waybill-sdk.json"]
    assert again == files(package)


def test_the_package_is_small_and_needs_no_other(package: Path) -> None:
    manifest = json.loads((package / "package.json").read_text("utf-8"))
    sources = (package / "src").glob("*.ts")

    assert "dependencies" not in manifest
    assert sum(len(path.read_text("utf-8").splitlines()) for path in sources) < LINES_MAX
    assert os.sep + "src" + os.sep not in "".join(files(package / "dist"))


def test_every_operation_and_problem_is_there(contract: PublicContract, package: Path) -> None:
    client = (package / "dist/client.d.ts").read_text("utf-8")
    problems = (package / "dist/problems.d.ts").read_text("utf-8")

    assert client.count("CallOptions): ") == len(contract.operations)
    assert problems.count("extends ProblemError") == len(contract.problems)


def test_a_service_with_odd_names_is_there_and_clean(
    contract: PublicContract, tmp_path: Path
) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    write("typescript", with_odd_service(contract), folder)

    (tmp_path / "project").mkdir()
    project = Project.begin(tmp_path / "project", folder)
    project.add("program", PROGRAM)
    project.compile()


def with_odd_service(contract: PublicContract) -> PublicContract:
    """Add a service whose names are words of the language."""
    openapi: Any = copy.deepcopy(contract.openapi)
    openapi["components"]["schemas"] |= ODD_SCHEMAS
    openapi["tags"].append({"name": "odd_things", "description": ""})
    text = {"type": "string"}
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/Record"}}}
    openapi["paths"]["/v1/odd/{function}/{body}"] = {
        "post": {
            "operationId": "delete",
            "x-service": "odd_things",
            "security": [],
            "summary": "Odd",
            "parameters": [
                {"name": "body", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "function", "in": "path", "required": True, "schema": text},
                {"name": "default", "in": "query", "schema": {"type": "array", "items": text}},
                {"name": "X-Odd", "in": "header", "schema": text},
            ],
            "requestBody": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Means"}}}
            },
            "responses": {
                "200": {
                    "content": media,
                    "headers": {
                        "ETag": {"required": True, "schema": text},
                        "X-Count": {"schema": text},
                    },
                },
                "204": {"headers": {"ETag": {"required": True, "schema": text}}},
            },
        }
    }
    registry = {
        each.slug: {"status": each.status, "title": each.title, "raised_by": "runtime"}
        for each in contract.problems
    }
    return public_contract_of(openapi, registry)


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "integer"}, "number"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"enum": ["a", 1, None]}, '"a" | 1 | null'),
        ({"type": "array", "items": {"type": ["integer", "null"]}}, "(number | null)[]"),
        ({"type": "array"}, "unknown[]"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "[string, ...unknown[]]"),
        ({"type": "object"}, "{ [name: string]: unknown }"),
        ({"type": "object", "additionalProperties": False}, "{ [name: string]: never }"),
        ({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}, "t.A | null"),
        (
            {
                "allOf": [
                    {"$ref": "#/components/schemas/A"},
                    {"oneOf": [{"const": 1}, {"const": 2}]},
                ]
            },
            "t.A & (1 | 2)",
        ),
        ({}, "unknown"),
    ],
)
def test_a_schema_is_written_as_a_type(schema: Mapping[str, Any], written: str) -> None:
    assert type_of(schema, "t.") == written


def test_a_description_cannot_end_its_comment() -> None:
    written = declaration("A", {"type": "string", "description": "One */ two", "maxLength": 3})

    assert written == "/**\n * One *\\/ two\n *\n * @maxLength 3\n */\nexport type A = string;"


def test_the_command_says_what_to_do_when_there_is_no_node(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def find_none() -> None:
        raise NodeUnavailableError("there is no Node; install it.")

    monkeypatch.chdir(repository.root)
    monkeypatch.setattr(packages, "find_node", find_none)
    result = CliRunner().invoke(build(), ["sdk", "typescript", "-o", str(tmp_path / "out")])

    assert (result.exit_code, result.output) == (1, "typescript: there is no Node; install it.\n")
    assert not (tmp_path / "out").exists()
