"""Each problem type has a schema of its own in the published document."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.repository import Repository

Json = dict[str, Any]

SOLD_OUT: Final[Json] = {
    "type": "urn:waybill:problem:sold-out",
    "status": 409,
    "sku": "a",
    "left": 0,
    "tried": [],
}
UNION: Final = "Sell409Response"


@pytest.fixture
def tree(tmp_path: Path) -> Repository:
    shutil.copytree(Path(__file__).with_name("contracts"), tmp_path / "contracts")
    return Repository(tmp_path)


def _published(tree: Repository) -> Json:
    files = tree.generate(["shop"])
    document: Json = json.loads(files[tree.package("shop") / "openapi.json"])
    return document


def _accepts(document: Json, schema: str, value: Json) -> bool:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    return Draft202012Validator(whole).is_valid(value)


def _schema_of(response: Json) -> Json:
    schema: Json = response["content"]["application/problem+json"]["schema"]
    return schema


def test_a_problem_is_described_by_its_type_status_and_fields(tree: Repository) -> None:
    document = _published(tree)

    assert _accepts(document, "ProblemSoldOut", SOLD_OUT)
    assert _accepts(document, "ProblemSoldOut", {**SOLD_OUT, "later": 1})
    assert not _accepts(document, "ProblemSoldOut", {**SOLD_OUT, "type": "urn:waybill:problem:x"})
    assert not _accepts(document, "ProblemSoldOut", {**SOLD_OUT, "status": 404})
    assert not _accepts(document, "ProblemSoldOut", {**SOLD_OUT, "left": "none"})
    assert not _accepts(document, "ProblemSoldOut", {"type": SOLD_OUT["type"], "status": 409})
    assert "errors" in document["components"]["schemas"]["ProblemInvalidBody"]["required"]


def test_a_response_names_the_schemas_of_its_problems_and_the_general_one_last(
    tree: Repository,
) -> None:
    document = _published(tree)
    union = document["components"]["schemas"][UNION]

    responses = document["paths"]["/v1/sales"]["post"]["responses"]
    assert _schema_of(responses["409"]) == {"$ref": f"#/components/schemas/{UNION}"}
    assert [each["$ref"].rpartition("/")[2] for each in union["anyOf"]] == [
        "ProblemIdempotencyKeyInUse",
        "ProblemSoldOut",
        "Problem",
    ]
    assert union["discriminator"] == {
        "propertyName": "type",
        "mapping": {
            "urn:waybill:problem:idempotency-key-in-use": (
                "#/components/schemas/ProblemIdempotencyKeyInUse"
            ),
            "urn:waybill:problem:sold-out": "#/components/schemas/ProblemSoldOut",
        },
    }


def test_a_response_with_one_problem_is_named_after_it(tree: Repository) -> None:
    document = _published(tree)
    OpenAPIV31SpecValidator(document).validate()
    shared = document["components"]["responses"]["Unreadable"]

    assert _schema_of(shared) == {"$ref": "#/components/schemas/MalformedRequestResponse"}
    assert shared["x-problems"] == ["malformed-request"]


def test_a_problem_of_a_later_version_is_accepted(tree: Repository) -> None:
    later = {"type": "urn:waybill:problem:of-tomorrow", "status": 409, "until": "noon"}

    assert _accepts(_published(tree), UNION, later)


def test_a_contract_is_refused_when_its_schema_has_the_name_of_a_problem(tree: Repository) -> None:
    path = tree.root / "contracts/shop/openapi.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("  schemas:\n", "  schemas:\n    ProblemSoldOut: {type: object}\n")
    )

    with pytest.raises(ContractError, match="ProblemSoldOut is added for problems"):
        tree.generate(["shop"])
