"""Options, errors and the fake API of the package."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio

from waybill_toolkit.contracts.sdk.contract import PublicContract
from waybill_toolkit.contracts.sdk.typescript.testing import Project
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

STOCK: Final = {"sku": "A", "on_hand": 1, "reserved": 0, "committed": 0}
TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"


class Service(FakeHttpService):
    """Answers each request in the same way."""

    def prepare(self, status: int, body: object, *fields: str) -> None:
        text = json.dumps(body)
        head = [f"HTTP/1.1 {status} X", f"content-length: {len(text)}", f"x-trace-id: {TRACE_ID}"]
        answer = "\r\n".join([*head, "content-type: application/json", *fields, "", text])

        async def handle(exchange: Exchange) -> None:
            await exchange.read_body()
            await exchange.write(answer.encode())

        self.handler = handle


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as service:
        service.prepare(200, STOCK, 'etag: "7"')
        yield service


async def call(project: Project, service: Service, what: str) -> Any:
    return await project.result("calls", what, service.address)


async def test_every_request_has_the_headers_of_the_client_and_its_user_agent(
    project: Project, service: Service, contract: PublicContract
) -> None:
    await call(project, service, "read")

    [asked] = service.asked
    assert asked.header("x-team") == ["shop"]
    assert asked.header("user-agent") == [f"waybill-typescript/{contract.version} shop/2.1"]


async def test_a_call_has_its_own_key_headers_and_retries(
    project: Project, service: Service
) -> None:
    service.prepare(503, {})

    outcome = await call(project, service, "own")

    [asked] = service.asked
    assert (asked.header("x-team"), asked.header("idempotency-key")) == (["own"], ["mine"])
    assert outcome["attempts"] == 1


async def test_two_calls_have_two_keys_whatever_the_headers_of_the_client_are(
    project: Project, service: Service
) -> None:
    service.prepare(201, STOCK)

    await call(project, service, "twoKeys")

    keys = [each.header("idempotency-key") for each in service.asked]
    assert [len(each) for each in keys] == [1, 1]
    assert keys[0] != keys[1]


async def test_a_response_has_status_headers_and_text(project: Project, service: Service) -> None:
    value = (await call(project, service, "response"))["value"]

    assert (value["body"], json.loads(value["text"])) == (STOCK, STOCK)
    assert (value["status"], value["tag"], value["traceId"]) == (200, '"7"', TRACE_ID)


async def test_each_attempt_is_reported_and_errors_of_the_hook_are_not_thrown(
    project: Project, service: Service
) -> None:
    [attempt] = (await call(project, service, "attempts"))["value"]

    assert 0 < attempt.pop("durationSeconds") < 10
    assert attempt == {
        "method": "GET",
        "path": "/v1/stock/A%3Fb",
        "number": 1,
        "status": 200,
        "traceId": TRACE_ID,
    }


async def test_address_and_token_come_from_the_environment_unless_they_are_given(
    project: Project, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_BASE_URL", service.address)
    monkeypatch.setenv("WAYBILL_TOKEN", "of-environment")

    assert await project.result("calls", "environment", "http://127.0.0.1:9") == {"value": STOCK}
    await call(project, service, "read")

    tokens = [each.header("authorization") for each in service.asked]
    assert tokens == [["Bearer of-environment"], ["Bearer secret"]]


async def test_a_token_that_cannot_be_sent_is_refused_without_its_text(
    project: Project, service: Service
) -> None:
    message = (await call(project, service, "badToken"))["message"]

    assert message == "the token has a character that a header cannot have"
    assert service.asked == []


async def test_a_client_without_an_address_says_what_to_do(
    project: Project, service: Service
) -> None:
    message = (await call(project, service, "noAddress"))["message"]

    assert message == '"shop.test" is no base URL; pass baseUrl or set WAYBILL_BASE_URL to a URL'


async def test_an_error_has_the_request_and_the_whole_response(
    project: Project, service: Service
) -> None:
    body = {"type": "urn:waybill:problem:stock-below-zero", "on_hand": "none", "title": None}
    service.prepare(409, body)

    outcome = await call(project, service, "own")

    assert outcome["error"] == "ProblemError"
    assert (outcome["method"], outcome["path"]) == ("POST", "/v1/stock/A/adjustments")
    assert (outcome["status"], outcome["idempotencyKey"]) == (409, "mine")
    assert (outcome["traceId"], json.loads(outcome["text"])) == (TRACE_ID, body)
    assert outcome["problem"]["on_hand"] == "none"
    assert outcome["message"] == (
        f"error response (type {body['type']}, POST /v1/stock/A/adjustments, status 409,"
        f" Idempotency-Key mine, trace id {TRACE_ID})"
    )
    assert "secret" not in json.dumps(outcome)


async def test_the_example_of_a_test_runs(project: Project) -> None:
    assert await asyncio.to_thread(project.run, "readme_tests") == "1 getStock\n"


async def test_the_fake_api_replaces_a_server(project: Project) -> None:
    outcome = json.loads(await asyncio.to_thread(project.run, "fake"))

    assert outcome == {
        "stock": [STOCK, {**STOCK, "on_hand": 2}],
        "refused": "A",
        "retried": "order-1",
        "keys": 1,
        "unprepared": 'no answer is prepared for getOrder: call answer("getOrder", ...)',
        "operations": [
            "getStock",
            "getStock",
            "placeOrder",
            "placeOrder",
            "placeOrder",
            "getOrder",
        ],
    }
