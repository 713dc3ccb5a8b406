"""The bad requests of a contract detect a service that accepts one."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.testing.bad_input import BadRequest, bad_requests
from waybill_toolkit.testing.contract_check import Contract

SERVICES = Path(__file__).parents[4] / "services"
CONTRACTS = Path(__file__).parents[4] / "contracts"
ADJUST = BadRequest(
    what="zero",
    operation="adjust_stock",
    method="POST",
    path="/v1/stock/A/adjustments",
    status=422,
    slug="invalid-body",
    pointer_prefix="/delta",
)
FAULT = {"pointer": "/delta", "code": "zero", "detail": "Not zero."}


def _bad(service: str) -> list[BadRequest]:
    contract = SERVICES / service / "src" / service / "contract" / "openapi.json"
    return bad_requests(Contract.load(contract), CONTRACTS / service / "examples")


@pytest.mark.parametrize("service", Repository(CONTRACTS.parent).services)
def test_every_operation_gets_bad_requests(service: str) -> None:
    contract = Contract.load(SERVICES / service / "src" / service / "contract" / "openapi.json")

    bad = _bad(service)

    assert {each.operation for each in bad} == {
        *(each.id for each in contract.operations if "x-errors" not in each.written),
        "(none)",
    }
    assert {each.slug for each in bad if each.operation == "(none)"} == {"not-found"}


def test_an_operation_with_a_body_gets_every_kind_of_bad_request() -> None:
    slugs = {each.slug for each in _bad("inventory") if each.operation == "adjust_stock"}

    assert slugs == {
        "malformed-request",
        "idempotency-key-missing",
        "invalid-body",
        "invalid-parameters",
        "body-too-large",
        "unsupported-media-type",
        "method-not-allowed",
    }


async def _send(status: int, **members: Any) -> None:
    answer = httpx.Response(status, json=members)
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: answer), base_url="http://service"
    ) as client:
        await ADJUST.send(client)


def _type(slug: str) -> str:
    return f"urn:waybill:problem:{slug}"


async def test_a_bad_request_passes_when_it_gets_its_problem_at_its_place() -> None:
    await _send(422, type=_type("invalid-body"), errors=[FAULT])


@pytest.mark.parametrize(
    ("status", "slug", "errors"),
    [
        (400, "invalid-body", [FAULT]),
        (422, "invalid-parameters", [FAULT]),
        (422, "invalid-body", []),
        (422, "invalid-body", [{**FAULT, "pointer": "/reason"}]),
        (422, "invalid-body", [{**FAULT, "code": ""}]),
    ],
)
async def test_a_bad_request_fails_when_it_gets_another_answer(
    status: int, slug: str, errors: list[Any]
) -> None:
    with pytest.raises(AssertionError):
        await _send(status, type=_type(slug), errors=errors)
