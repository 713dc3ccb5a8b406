"""A problem is checked by the schema of its own type."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from waybill.conformance.answers import CheckedAnswers, PathContract
from waybill.conformance.findings import Findings
from waybill.conformance.schemas import Schemas

MOVED = "urn:waybill:problem:sale-moved"
CONTRACT: dict[str, Any] = {
    "paths": {
        "/sale": {
            "get": {
                "operationId": "get_sale",
                "responses": {
                    "404": {
                        "x-problems": ["sale-moved", "sale-not-found"],
                        "content": {
                            "application/problem+json": {
                                "schema": {"$ref": "#/components/schemas/GetSale404Response"}
                            }
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "GetSale404Response": {
                "anyOf": [
                    {"$ref": "#/components/schemas/ProblemSaleMoved"},
                    {"$ref": "#/components/schemas/Problem"},
                ],
                "discriminator": {
                    "propertyName": "type",
                    "mapping": {MOVED: "#/components/schemas/ProblemSaleMoved"},
                },
            },
            "Problem": {"required": ["type", "status"]},
            "ProblemSaleMoved": {
                "required": ["type", "status", "number"],
                "properties": {
                    "type": {"enum": [MOVED]},
                    "status": {"enum": [404]},
                    "number": {"type": "integer"},
                },
            },
        },
    },
}


async def _violations(problem: Mapping[str, object]) -> list[str]:
    """Send this problem, and return what the check finds."""
    findings = Findings()
    response = JSONResponse({"status": 404, **problem}, 404, media_type="application/problem+json")
    checked = CheckedAnswers(response, PathContract(Schemas(CONTRACT), "/sale"), findings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(checked)) as client:
        await client.get("http://shop/sale")
    return list(_parts(findings))


def _parts(findings: Findings) -> Iterator[str]:
    for metric in findings.registry.collect():
        for sample in metric.samples:
            if sample.name == "waybill_contract_violations_total":
                yield sample.labels["part"]


async def test_a_problem_passes_when_it_has_the_fields_of_its_type() -> None:
    assert await _violations({"type": MOVED, "number": 2}) == []
    assert await _violations({"type": "urn:waybill:problem:sale-not-found"}) == []


@pytest.mark.parametrize("fields", [{}, {"number": "two"}, {"number": 2, "more": 1}])
async def test_a_violation_is_counted_when_its_fields_are_not_those_of_its_type(
    fields: dict[str, object],
) -> None:
    assert await _violations({"type": MOVED, **fields}) == ["body"]
