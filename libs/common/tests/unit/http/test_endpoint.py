"""An operation from request to reply: answers, problems, access and Idempotency-Keys."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace

import asyncpg
import httpx
import pytest
from libs.common.tests.unit.http.conftest import ORDER, ORDER_ID, assert_problem

from waybill.http import Operation
from waybill.http.access import Grant, TokenFile
from waybill.postgres import DatabaseUnavailableError

Serve = Callable[..., httpx.AsyncClient]


async def test_answer_has_the_declared_status_headers_and_body(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/orders", json=ORDER)
    assert response.status_code == 201
    assert response.headers["location"] == "/v1/orders/1"
    assert response.headers["content-type"] == "application/json"
    assert "etag" not in response.headers
    assert response.json() == {"order_id": "1"}


async def test_answer_without_body_has_no_content_headers(client: httpx.AsyncClient) -> None:
    response = await client.delete(f"/v1/orders/{ORDER_ID}", headers={"If-Match": '"3"'})
    assert response.status_code == 204
    assert response.content == b""
    assert "content-length" not in response.headers
    assert "content-type" not in response.headers


async def test_problem_of_a_handler_has_its_typed_fields(client: httpx.AsyncClient) -> None:
    body = ORDER | {"lines": [{"sku": "unknown", "quantity": 1}]}
    response = await client.post("/v1/orders", json=body)
    problem = assert_problem(response, 422, "unknown-sku")
    assert problem["sku"] == "unknown"
    assert problem["instance"] == "/v1/orders"
    assert "errors" not in problem


async def test_answer_continues_the_trace_of_the_caller(client: httpx.AsyncClient) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
    response = await client.get("/v1/orders", headers=headers)
    assert response.headers["x-trace-id"] == trace_id


async def test_error_of_a_handler_is_logged_and_not_shown_to_the_client(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    body = ORDER | {"lines": [{"sku": "bug", "quantity": 1}]}
    response = await client.post("/v1/orders", json=body)
    assert_problem(response, 500, "internal")
    assert "LookupError" not in response.text
    assert "hunter2" not in response.text
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


@pytest.mark.parametrize(
    "error",
    [
        DatabaseUnavailableError("connection refused"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.SerializationError("could not serialize access"),
    ],
)
async def test_unavailable_when_the_database_cannot_do_it_now(
    serve: Serve, error: Exception
) -> None:
    class Failing:
        async def list_orders(self, *_: object, **__: object) -> None:
            raise error

        place_order = get_order = delete_order = list_orders

    response = await serve(Failing()).get("/v1/orders")
    assert_problem(response, 503, "unavailable")
    assert int(response.headers["retry-after"]) >= 1


async def test_internal_when_a_handler_returns_what_the_contract_does_not_declare(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong:
        async def list_orders(self, *_: object, **__: object) -> str:
            return "anything"

        place_order = get_order = delete_order = list_orders

    assert_problem(await serve(Wrong()).get("/v1/orders"), 500, "internal")
    assert "declares no answer str" in caplog.text


class TestAccess:
    TOKENS = TokenFile(
        {
            hashlib.sha256(b"reader").hexdigest(): Grant("till-7", ["orders:read"]),
            hashlib.sha256(b"both").hexdigest(): Grant("shop", ["orders:read", "orders:write"]),
        }
    )

    async def test_caller_is_known_by_its_token(self, serve: Serve) -> None:
        headers = {"authorization": "Bearer reader"}
        response = await serve(access=self.TOKENS).get(f"/v1/orders/{ORDER_ID}", headers=headers)
        assert response.json()["caller"] == "till-7"

    @pytest.mark.parametrize(
        ("authorization", "challenge"),
        [
            (None, "Bearer"),
            ("Bearer other", 'Bearer error="invalid_token"'),
            ("Basic reader", 'Bearer error="invalid_token"'),
            ("Bearer", 'Bearer error="invalid_token"'),
        ],
    )
    async def test_unauthenticated_when_the_token_is_not_known(
        self, serve: Serve, authorization: str | None, challenge: str
    ) -> None:
        headers = {"authorization": authorization} if authorization else {}
        response = await serve(access=self.TOKENS).get("/v1/orders", headers=headers)
        assert_problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == challenge

    async def test_forbidden_before_the_body_is_read_when_a_scope_is_lacking(
        self, serve: Serve
    ) -> None:
        headers = {"authorization": "Bearer reader"}
        response = await serve(access=self.TOKENS).post("/v1/orders", headers=headers)
        problem = assert_problem(response, 403, "forbidden")
        assert "orders:write" in problem["detail"]
        assert 'error="insufficient_scope"' in response.headers["www-authenticate"]

    async def test_public_operation_needs_no_token(
        self, serve: Serve, operations: tuple[Operation, ...]
    ) -> None:
        public = tuple(replace(each, scopes=None) for each in operations)
        response = await serve(operations=public, access=self.TOKENS).get(f"/v1/orders/{ORDER_ID}")
        assert response.json()["caller"] == "anonymous"


class TestIdempotencyKey:
    @staticmethod
    def keyed(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(replace(each, idempotent=True) for each in operations)

    async def test_refused_when_it_is_missing(
        self, serve: Serve, operations: tuple[Operation, ...]
    ) -> None:
        response = await serve(operations=self.keyed(operations)).post("/v1/orders", json=ORDER)
        assert_problem(response, 400, "idempotency-key-missing")

    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, b"\xe9", b"a\tb"])
    async def test_refused_when_it_is_malformed(
        self, serve: Serve, operations: tuple[Operation, ...], key: str
    ) -> None:
        response = await serve(operations=self.keyed(operations)).post(
            "/v1/orders", json=ORDER, headers={"Idempotency-Key": key}
        )
        assert_problem(response, 400, "malformed-request")

    async def test_accepted_when_it_has_255_printable_characters(
        self, serve: Serve, operations: tuple[Operation, ...]
    ) -> None:
        response = await serve(operations=self.keyed(operations)).post(
            "/v1/orders", json=ORDER, headers={"Idempotency-Key": "~" * 255}
        )
        assert response.status_code == 201


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key"])
async def test_a_header_with_one_value_is_refused_when_it_is_repeated(
    client: httpx.AsyncClient, name: str
) -> None:
    fields = [(name, "application/json"), (name, "application/json")]
    response = await client.post("/v1/orders", content=b"{}", headers=fields)
    problem = assert_problem(response, 400, "malformed-request")
    assert problem["detail"] == f"The request has two {name} headers; send one."


async def test_a_header_that_is_a_list_may_be_repeated(client: httpx.AsyncClient) -> None:
    fields = [("Accept", "application/json"), ("Accept", "text/html")]
    assert (await client.get("/v1/orders", headers=fields)).status_code == 200


@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("identity", 201)])
async def test_an_encoded_body_is_refused(
    client: httpx.AsyncClient, coding: str, status: int
) -> None:
    headers = {"Content-Encoding": coding}
    assert (await client.post("/v1/orders", json=ORDER, headers=headers)).status_code == status
