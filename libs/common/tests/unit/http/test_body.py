"""The body of a request: its limit, its syntax, and its schema."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Annotated

import httpx
import orjson
import pytest
from libs.common.tests.unit.http.conftest import ORDER, assert_problem
from pydantic import Strict

from waybill.http import Operation
from waybill.http.body import BodyReader

Serve = Callable[..., httpx.AsyncClient]


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
    async def test_accepted_when_the_media_type_has_charset_utf_8(
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


class TestWholeNumbers:
    @pytest.mark.parametrize("quantity", [b"2.0", b"2e0", b"0.2e1"])
    async def test_a_whole_number_is_taken_however_it_is_spelled(
        self, client: httpx.AsyncClient, quantity: bytes
    ) -> None:
        raw = orjson.dumps(ORDER).replace(b'"quantity":2', b'"quantity":' + quantity)
        headers = {"content-type": "application/json"}
        assert (await client.post("/v1/orders", content=raw, headers=headers)).status_code == 201

    @pytest.mark.parametrize(
        "quantity",
        [
            b"2.5",
            b"0.0",
            b"1e300",
            b'"2.0"',
            b"0.99999999999999999999",
            b"1.0000000000000000001",
            b"2.00000000000000000001e0",
            b"1e-9999999999999999999",
            b"99999999999999999999999.0",
        ],
    )
    async def test_invalid_when_a_number_is_not_whole_or_too_small(
        self, client: httpx.AsyncClient, quantity: bytes
    ) -> None:
        raw = orjson.dumps(ORDER).replace(b'"quantity":2', b'"quantity":' + quantity)
        headers = {"content-type": "application/json"}
        response = await client.post("/v1/orders", content=raw, headers=headers)
        problem = assert_problem(response, 422, "invalid-body")
        assert [each["pointer"] for each in problem["errors"]] == ["/lines/0/quantity"]

    @pytest.mark.parametrize("other", [b"9223372036854775807", b"-9223372036854775808"])
    def test_large_numbers_next_to_one_that_is_spelled_as_a_fraction_are_kept(
        self, other: bytes
    ) -> None:
        reader = BodyReader(dict[str, Annotated[int, Strict()]], 100)
        body = reader.check(b'{"a":1.0,"b":' + other + b"}")
        assert body.canonical == b'{"a":1,"b":' + other + b"}"

    def test_equal_documents_are_spelled_the_same(self) -> None:
        reader = BodyReader(dict[str, Annotated[int, Strict()]], 100)
        spellings = (b'{"a": 2}', b'{"a":2.0}', b' {"a" :2e0}')
        assert {reader.check(raw).canonical for raw in spellings} == {b'{"a":2}'}
