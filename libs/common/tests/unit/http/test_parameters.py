"""Path, query and header parameters."""

from collections.abc import Callable

import httpx
import pytest
from libs.common.tests.unit.http.conftest import ORDER_ID, assert_problem

Serve = Callable[..., httpx.AsyncClient]


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

    async def test_precondition_required_when_only_if_match_is_missing(
        self, client: httpx.AsyncClient
    ) -> None:
        response = await client.delete(f"/v1/orders/{ORDER_ID}")
        problem = assert_problem(response, 428, "precondition-required")
        assert problem["detail"] == "Read the resource, and send its ETag as If-Match."

    @pytest.mark.parametrize("query", ["since=%FF", "&".join(["label=a"] * 101)])
    async def test_malformed_when_the_query_cannot_be_read(
        self, client: httpx.AsyncClient, query: str
    ) -> None:
        response = await client.get(f"/v1/orders?{query}")
        assert_problem(response, 400, "malformed-request")
