"""The check of responses accepts what the contract allows, and nothing else."""

from typing import Any

import httpx
import pytest

from waybill_toolkit.testing.contract_check import Contract, ContractViolationError

THING_ID = "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"
PATH = f"/v1/things/{THING_ID}"
TEXT = {"type": "string"}
SCHEMAS = "#/components/schemas/"
PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{SCHEMAS}GetThing404Response"}}}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "things", "version": "1"},
        "paths": {
            "/v1/things/{thing_id}": {
                "get": {
                    "operationId": "get_thing",
                    "responses": {
                        "200": {"$ref": "#/components/responses/Found"},
                        "404": {"$ref": "#/components/responses/NotFound"},
                    },
                },
                "delete": {"operationId": "delete_thing", "responses": {"204": {}}},
            }
        },
        "components": {
            "responses": {
                "NotFound": {"x-problems": ["thing-not-found", "thing-moved"], "content": PROBLEM},
                "Found": {
                    "headers": {"ETag": {"required": True, "schema": {"$ref": "#/x/tag"}}},
                    "content": {"application/json": {"schema": {"$ref": "#/x/thing"}}},
                },
            },
            "schemas": {
                "GetThing404Response": {
                    "anyOf": [
                        {"$ref": f"{SCHEMAS}ProblemThingMoved"},
                        {"$ref": f"{SCHEMAS}Problem"},
                    ],
                    "discriminator": {
                        "propertyName": "type",
                        "mapping": {
                            "urn:waybill:problem:thing-moved": f"{SCHEMAS}ProblemThingMoved"
                        },
                    },
                },
                "ProblemThingMoved": {"required": ["new_id"]},
                "Problem": {
                    "type": "object",
                    "required": ["type", "status", "detail", "instance"],
                    "properties": {"type": TEXT, "status": {"type": "integer"}, "detail": TEXT},
                },
            },
        },
        "x": {
            "tag": {"type": "string", "pattern": '^"[0-9]+"$'},
            "thing": {
                "type": "object",
                "additionalProperties": False,
                "required": ["thing_id", "made_at"],
                "properties": {
                    "thing_id": {"type": "string", "format": "uuid"},
                    "made_at": {"type": "string", "format": "date-time"},
                },
            },
        },
    }
)
THING = {"thing_id": THING_ID, "made_at": "2026-11-22T09:30:00Z"}
TAGGED = {"ETag": '"1"'}


async def _ask(answer: httpx.Response, method: str = "GET", path: str = PATH) -> httpx.Response:
    transport = httpx.MockTransport(lambda _: answer)
    async with CONTRACT.client(transport=transport) as client:
        return await client.request(method, path)


def _problem(
    slug: str, status: int = 404, told_status: int | None = None, **changes: Any
) -> httpx.Response:
    members = {
        "type": f"urn:waybill:problem:{slug}",
        "status": told_status or status,
        "detail": "There is none.",
        "instance": PATH,
    }
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json=members | changes, headers=headers)


async def test_an_answer_passes_when_the_contract_has_it() -> None:
    assert (await _ask(httpx.Response(200, json=THING, headers=TAGGED))).json() == THING
    assert (await _ask(_problem("thing-not-found"))).status_code == 404
    assert (await _ask(_problem("thing-moved", new_id=THING_ID))).status_code == 404
    assert (await _ask(httpx.Response(204), method="DELETE")).status_code == 204


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("declares no status 201", httpx.Response(201, json=THING, headers=TAGGED)),
        ("the header etag is missing", httpx.Response(200, json=THING)),
        ("the header etag:", httpx.Response(200, json=THING, headers={"ETag": "1"})),
        (
            "Location is not declared",
            httpx.Response(200, json=THING, headers={**TAGGED, "Location": PATH}),
        ),
        ("media type", httpx.Response(200, text="{}", headers=TAGGED)),
        (
            "not JSON",
            httpx.Response(200, text="{", headers={**TAGGED, "Content-Type": "application/json"}),
        ),
        (
            "'made_at' is a required",
            httpx.Response(200, json={"thing_id": THING_ID}, headers=TAGGED),
        ),
        ("unexpected", httpx.Response(200, json={**THING, "more": 1}, headers=TAGGED)),
        (
            "is not a 'uuid'",
            httpx.Response(200, json={**THING, "thing_id": f"{{{THING_ID}}}"}, headers=TAGGED),
        ),
        (
            "is not a 'date-time'",
            httpx.Response(200, json={**THING, "made_at": "2026-11-22 09:30"}, headers=TAGGED),
        ),
        ("is none of", _problem("order-not-found")),
        ("'new_id' is a required", _problem("thing-moved")),
        ("status in the body", _problem("thing-not-found", told_status=409)),
        ("instance", _problem("thing-not-found", instance="/elsewhere")),
        (
            "exposes internals",
            _problem("thing-not-found", detail="Traceback (most recent call last)"),
        ),
    ],
)
async def test_an_answer_is_refused_when_the_contract_does_not_have_it(
    what: str, answer: httpx.Response
) -> None:
    with pytest.raises(ContractViolationError, match=what):
        await _ask(answer)


async def test_content_is_refused_when_none_is_declared() -> None:
    with pytest.raises(ContractViolationError, match="no content is declared"):
        await _ask(httpx.Response(204, json={}), method="DELETE")


async def test_an_answer_is_refused_when_its_operation_is_not_in_the_contract() -> None:
    with pytest.raises(ContractViolationError, match="such operation: 404"):
        await _ask(httpx.Response(200, json={}), path="/v1/others")
    with pytest.raises(ContractViolationError, match="such operation: 405"):
        await _ask(httpx.Response(200, json={}), method="PUT")


@pytest.mark.parametrize("allow", ["", "GET", "DELETE, GET, PUT"])
async def test_refused_method_gets_the_exact_allow_header(allow: str) -> None:
    answer = _problem("method-not-allowed", 405)
    answer.headers["Allow"] = allow

    with pytest.raises(ContractViolationError, match="Allow"):
        await _ask(answer, method="PUT")


async def test_endpoints_outside_of_the_contract_are_not_checked() -> None:
    assert (await _ask(httpx.Response(503), path="/health/ready")).status_code == 503
