import httpx
import pytest

ORDER_ID = "019a9f6e-0000-7000-8000-000000000001"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/orders/", "/v1/orders/1/2", "/docs", "/%00"])
async def test_not_found_when_the_path_is_unknown(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:waybill:problem:not-found"
    assert problem["instance"] == path
    assert problem["trace_id"] == response.headers["x-trace-id"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/orders", "GET, HEAD, OPTIONS, POST"),
        ("POST", f"/v1/orders/{ORDER_ID}", "DELETE, GET, HEAD, OPTIONS"),
        ("BREW", "/v1/orders/not-even-an-id", "DELETE, GET, HEAD, OPTIONS"),
    ],
)
async def test_method_not_allowed_names_all_methods_of_the_path(
    client: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    response = await client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allow
    assert response.json()["type"] == "urn:waybill:problem:method-not-allowed"


async def test_options_names_all_methods_of_the_path(client: httpx.AsyncClient) -> None:
    response = await client.options("/v1/orders")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_head_is_answered_like_get_without_the_body(client: httpx.AsyncClient) -> None:
    path = f"/v1/orders/{ORDER_ID}"
    get, head = await client.get(path), await client.head(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]
