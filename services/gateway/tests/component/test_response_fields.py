"""What every response tells a browser, and what pages of other origins may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from pydantic import ValidationError
from services.gateway.tests.tokens import token_file

from gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from services.gateway.tests.conftest import OpenChecked

    from waybill_toolkit.testing.fake_http_service import FakeHttpService

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
SHOP: Final = "https://shop.example"
PATHS: Final = [ORDER, "/v1/products", "/v1/nothing", "/health/ready", "/docs", "/openapi.json"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_response_is_safe_in_a_browser(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.headers.get_list("x-content-type-options") == ["nosniff"]
    [policy] = response.headers.get_list("content-security-policy")
    assert "frame-ancestors 'none'" in policy
    assert "strict-transport-security" not in response.headers  # it is http


@pytest.mark.parametrize(("path", "kept"), [(ORDER, "no-store"), ("/v1/products", None)])
async def test_what_belongs_to_somebody_is_not_stored(
    client: httpx.AsyncClient, path: str, kept: str | None
) -> None:
    assert (await client.get(path)).headers.get("cache-control") == kept


async def test_a_cache_control_of_the_service_is_kept(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    async def answer(exchange: object) -> None:
        await exchange.write(  # type: ignore[attr-defined]
            b"HTTP/1.1 200 OK\r\ncache-control: private\r\ncontent-length: 0\r\n\r\n"
        )

    service.handler = answer
    response = await client.get(ORDER)

    assert response.headers.get_list("cache-control") == ["private"]


async def test_hsts_is_sent_to_clients_that_use_https(open_checked: OpenChecked) -> None:
    https = {"X-Forwarded-Proto": "https"}
    async with open_checked(trusted_proxies="127.0.0.1") as client:
        behind = await client.get(ORDER, headers=https)
    async with open_checked() as client:
        forged = await client.get(ORDER, headers=https)
    async with open_checked(trusted_proxies="127.0.0.1", hsts_seconds=0) as client:
        off = await client.get(ORDER, headers=https)

    assert behind.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in forged.headers
    assert "strict-transport-security" not in off.headers


def _cors(response: httpx.Response) -> dict[str, str]:
    return {
        name: value
        for name, value in response.headers.items()
        if name.startswith("access-control-")
    }


async def test_a_page_of_an_allowed_origin_may_send_what_the_contract_has(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    async with open_checked(cors_origins=f"{SHOP}, https://admin.example:8443") as client:
        preflight = await client.options("/v1/orders", headers=headers)

    found = _cors(preflight)
    assert preflight.status_code == 204
    assert found["access-control-allow-origin"] == SHOP
    assert found["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    assert "Idempotency-Key" in found["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in found
    assert service.asked == []


async def test_a_page_of_an_allowed_origin_reads_answers_and_refusals(
    open_checked: OpenChecked, tmp_path: Path
) -> None:
    settings = {"cors_origins": SHOP, "access": token_file(tmp_path)}
    async with open_checked(**settings) as client:
        refused = await client.get(ORDER, headers={"Origin": SHOP})
        unknown = await client.get("/v1/nothing", headers={"Origin": SHOP})

    assert (refused.status_code, unknown.status_code) == (401, 404)
    for response in (refused, unknown):
        assert response.headers["access-control-allow-origin"] == SHOP
        assert "RateLimit" in response.headers["access-control-expose-headers"]
        assert "origin" in response.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "null",
        "*",
        "",
    ],
)
@pytest.mark.parametrize("allowed", [SHOP, ""])
async def test_a_page_of_a_foreign_origin_gets_no_permission(
    open_checked: OpenChecked, origin: str, allowed: str
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with open_checked(cors_origins=allowed) as client:
        preflight = await client.options("/v1/orders", headers=headers)
        answer = await client.get("/v1/orders", headers=headers)

    assert _cors(preflight) == _cors(answer) == {}


@pytest.mark.parametrize("origin", ["*", "https://*.example", "https://shop.example/", "null"])
def test_an_origin_that_is_not_exact_is_refused(origin: str) -> None:
    settings = {"upstreams": {"orders": "http://orders"}, "access": "open", "cors_origins": origin}
    with pytest.raises(ValidationError, match="exact origins"):
        GatewaySettings.model_validate(settings)
