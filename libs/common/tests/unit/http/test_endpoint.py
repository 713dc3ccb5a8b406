import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Annotated, Any

import asyncpg
import httpx
import orjson
import pytest
from pydantic import Strict

from waybill.http import Operation
from waybill.http.access import Grant, TokenFile
from waybill.http.body import BodyReader
from waybill.postgres import DatabaseUnavailableError

Serve = Callable[..., httpx.AsyncClient]

ORDER: dict[str, Any] = {
    "lines": [{"sku": "mug", "quantity": 2}],
    "payment": {"method": "card", "number": "1"},
}
ORDER_ID = "019a9f6e-0000-7000-8000-000000000001"


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:waybill:problem:{slug}"
    assert problem["status"] == status
    assert problem["trace_id"] == response.headers["x-trace-id"]
    return problem


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


async def test_error_of_a_handler_is_logged_and_tells_the_client_nothing(
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


class TestBody:
    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"{'lines': []}",
            b'{"lines": NaN}',
            b'{"lines": -Infinity}',
            b'\xef\xbb\xbf{"lines": []}',
            b'{"lines": "\xff"}',
            b'{"lines": "\\ud800"}',
            b'{"lines": "\x00"}',
            b"[" * 400,
            b'{"lines": ' + b"[" * 220 + b"]" * 220 + b"}",
        ],
        ids=lambda raw: repr(raw[:20]),
    )
    async def test_malformed_when_it_is_no_json(
        self, client: httpx.AsyncClient, raw: bytes
    ) -> None:
        headers = {"content-type": "application/json"}
        response = await client.post("/v1/orders", content=raw, headers=headers)
        assert_problem(response, 400, "malformed-request")

    @pytest.mark.parametrize(
        "raw",
        [
            b'{"lines": [], "lines": []}',
            b'{"lines": [{"sku": "a", "sku": "b"}]}',
            b'{"lines": [], "lines": "\\u003a"}',
        ],
    )
    async def test_malformed_when_a_name_stands_twice(
        self, client: httpx.AsyncClient, raw: bytes
    ) -> None:
        headers = {"content-type": "application/json"}
        response = await client.post("/v1/orders", content=raw, headers=headers)
        assert "twice" in assert_problem(response, 400, "malformed-request")["detail"]

    async def test_accepted_when_strings_hold_colons_and_escapes(
        self, client: httpx.AsyncClient
    ) -> None:
        raw = orjson.dumps(ORDER).replace(b"mug", rb"\u003a::")
        headers = {"content-type": "application/json"}
        assert (await client.post("/v1/orders", content=raw, headers=headers)).status_code == 201

    @pytest.mark.parametrize("quantity", [b"2.0", b"2e0", b"0.2e1"])
    async def test_a_whole_number_is_taken_however_it_is_spelled(
        self, client: httpx.AsyncClient, quantity: bytes
    ) -> None:
        raw = orjson.dumps(ORDER).replace(b'"quantity":2', b'"quantity":' + quantity)
        headers = {"content-type": "application/json"}
        assert (await client.post("/v1/orders", content=raw, headers=headers)).status_code == 201

    @pytest.mark.parametrize("quantity", [b"2.5", b"0.0", b"1e300", b'"2.0"'])
    async def test_invalid_when_a_number_is_not_whole_or_too_small(
        self, client: httpx.AsyncClient, quantity: bytes
    ) -> None:
        raw = orjson.dumps(ORDER).replace(b'"quantity":2', b'"quantity":' + quantity)
        headers = {"content-type": "application/json"}
        response = await client.post("/v1/orders", content=raw, headers=headers)
        problem = assert_problem(response, 422, "invalid-body")
        assert [each["pointer"] for each in problem["errors"]] == ["/lines/0/quantity"]

    def test_equal_documents_are_spelled_the_same(self) -> None:
        reader = BodyReader(dict[str, Annotated[int, Strict()]], 100)
        spellings = (b'{"a": 2}', b'{"a":2.0}', b' {"a" :2e0}')
        assert {reader.check(raw).canonical for raw in spellings} == {b'{"a":2}'}

    async def test_invalid_with_a_pointer_for_each_fault(self, client: httpx.AsyncClient) -> None:
        body = {
            "lines": [{"sku": 1, "quantity": 0}, {"quantity": "2"}],
            "payment": {"method": "voucher", "voucher": "x", "card": True},
            "labels": {"a/b~c": "x"},
            "extra": None,
        }
        response = await client.post("/v1/orders", json=body)
        problem = assert_problem(response, 422, "invalid-body")
        assert {(each["pointer"], each["code"]) for each in problem["errors"]} == {
            ("/lines/0/sku", "string_type"),
            ("/lines/0/quantity", "greater_than_equal"),
            ("/lines/1/sku", "missing"),
            ("/lines/1/quantity", "int_type"),
            ("/payment/voucher", "int_type"),
            ("/payment/card", "extra_forbidden"),
            ("/labels/a~1b~0c", "int_type"),
            ("/extra", "extra_forbidden"),
        }
        assert all(each["detail"] for each in problem["errors"])

    async def test_invalid_when_a_string_holds_nul(self, client: httpx.AsyncClient) -> None:
        body = ORDER | {"lines": [{"sku": "a\0", "quantity": 1}], "labels": {"\0": 1}}
        problem = assert_problem(await client.post("/v1/orders", json=body), 422, "invalid-body")
        assert [each["pointer"] for each in problem["errors"]] == ["/lines/0/sku", "/labels/\0"]

    async def test_faults_are_limited_when_there_are_very_many(
        self, serve: Serve, operations: tuple[Operation, ...]
    ) -> None:
        class Nothing:
            async def place_order(self, *_: object, **__: object) -> None:
                raise AssertionError

        operation = next(each for each in operations if each.id == "place_order")
        client = serve(Nothing(), (replace(operation, body_limit_bytes=10**6),))
        response = await client.post("/v1/orders", json={"lines": [0] * 10_000})
        problem = assert_problem(response, 422, "invalid-body")
        assert len(problem["errors"]) == 100
        assert "10001 faults" in problem["detail"]

    @pytest.mark.parametrize(
        "media_type",
        [None, "text/plain", "application/xml", "application/json; charset=latin-1", "json", ";"],
    )
    async def test_unsupported_when_it_is_another_media_type(
        self, client: httpx.AsyncClient, media_type: str | None
    ) -> None:
        headers = {"content-type": media_type} if media_type else {}
        response = await client.post("/v1/orders", content=b"{}", headers=headers)
        assert_problem(response, 415, "unsupported-media-type")

    @pytest.mark.parametrize(
        "media_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
    )
    async def test_accepted_when_the_media_type_says_utf_8(
        self, client: httpx.AsyncClient, media_type: str
    ) -> None:
        headers = {"content-type": media_type}
        response = await client.post("/v1/orders", content=orjson.dumps(ORDER), headers=headers)
        assert response.status_code == 201

    async def test_too_large_when_the_length_is_declared(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/v1/orders", json={"lines": "x" * 500})
        assert "500 bytes" in assert_problem(response, 413, "body-too-large")["detail"]

    async def test_too_large_when_it_comes_in_chunks(self, client: httpx.AsyncClient) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 1
                yield b" " * 100

        headers = {"content-type": "application/json"}
        response = await client.post("/v1/orders", content=endless(), headers=headers)
        assert_problem(response, 413, "body-too-large")
        assert sent <= 7


class TestParameters:
    async def test_arguments_are_typed_and_have_defaults(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/v1/orders?open=true&label=a&label=7&since=2026")
        assert answer.json() == {
            "limit": 20,
            "is_open": True,
            "labels": ["a", "7"],
            "since": "2026",
        }

    @pytest.mark.parametrize(
        ("query", "pointer", "code"),
        [
            ("limit=0", "/query/limit", "greater_than_equal"),
            ("limit=ten", "/query/limit", "int_type"),
            ("limit=", "/query/limit", "int_type"),
            ("limit=2_0", "/query/limit", "int_type"),
            ("limit=%2020", "/query/limit", "int_type"),
            ("limit=020", "/query/limit", "int_type"),
            ("limit=2.5", "/query/limit", "int_type"),
            ("limit=true", "/query/limit", "int_type"),
            ("open=yes", "/query/open", "bool_type"),
            ("open=1", "/query/open", "bool_type"),
            ("limit=1&limit=2", "/query/limit", "repeated"),
            ("since=%00", "/query/since", "nul_character"),
            ("label=a&label=%00", "/query/label", "nul_character"),
            ("page=2", "/query/page", "unknown"),
            ("a%2Fb", "/query/a~1b", "unknown"),
        ],
    )
    async def test_invalid_with_a_pointer_into_the_query(
        self, client: httpx.AsyncClient, query: str, pointer: str, code: str
    ) -> None:
        response = await client.get(f"/v1/orders?{query}")
        (error,) = assert_problem(response, 422, "invalid-parameters")["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)

    async def test_all_faults_are_told_at_once(self, client: httpx.AsyncClient) -> None:
        response = await client.delete("/v1/orders/1?force")
        problem = assert_problem(response, 422, "invalid-parameters")
        assert [each["pointer"] for each in problem["errors"]] == [
            "/query/force",
            "/path/order_id",
            "/header/If-Match",
        ]

    @pytest.mark.parametrize("order_id", ["1", f"{{{ORDER_ID}}}", "%00", "a%20b", "%F0%9F%8E%81"])
    async def test_invalid_when_an_id_in_the_path_is_malformed(
        self, client: httpx.AsyncClient, order_id: str
    ) -> None:
        response = await client.get(f"/v1/orders/{order_id}")
        (error,) = assert_problem(response, 422, "invalid-parameters")["errors"]
        assert error["pointer"] == "/path/order_id"

    @pytest.mark.parametrize("if_match", ["3", '"x"', '"3', "*"])
    async def test_invalid_when_a_header_is_malformed(
        self, client: httpx.AsyncClient, if_match: str
    ) -> None:
        headers = {"If-Match": if_match}
        response = await client.delete(f"/v1/orders/{ORDER_ID}", headers=headers)
        (error,) = assert_problem(response, 422, "invalid-parameters")["errors"]
        assert error["pointer"] == "/header/If-Match"

    @pytest.mark.parametrize("query", ["since=%FF", "&".join(["label=a"] * 101)])
    async def test_malformed_when_the_query_cannot_be_read(
        self, client: httpx.AsyncClient, query: str
    ) -> None:
        response = await client.get(f"/v1/orders?{query}")
        assert_problem(response, 400, "malformed-request")


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

    async def test_nobody_is_asked_when_the_operation_is_public(
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
