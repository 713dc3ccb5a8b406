import re

import httpx
import pytest
from starlette.routing import Router

from waybill.docs import mount_docs

CONTRACT = b'{"openapi":  "3.1.0", "info": {"title": "\xc3\xa9", "version": "1"}, "paths": {}}\n'


@pytest.fixture
def client() -> httpx.AsyncClient:
    router = Router()
    mount_docs(router, "<orders>", CONTRACT)
    return httpx.AsyncClient(transport=httpx.ASGITransport(router), base_url="http://orders.test")


async def test_contract_is_served_byte_for_byte(client: httpx.AsyncClient) -> None:
    response = await client.get("/openapi.json")
    assert response.content == CONTRACT
    assert response.headers["content-type"] == "application/json"


async def test_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert "&lt;orders&gt;" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    paths = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(paths) == 4
    for path in paths:
        assert path.startswith("/docs/")
        assert (await client.get(path)).status_code == 200


async def test_page_shows_the_contract_with_a_swagger_ui_that_knows_openapi_3_1(
    client: httpx.AsyncClient,
) -> None:
    start = (await client.get("/docs/start.js")).text
    assert 'url: "/openapi.json"' in start
    assert "validatorUrl: null" in start
    bundle = (await client.get("/docs/swagger-ui-bundle.js")).text
    assert re.search(r'PACKAGE_VERSION:"5\.\d+\.\d+"', bundle)
