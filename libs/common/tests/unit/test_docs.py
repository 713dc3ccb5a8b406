import re
from pathlib import Path

import httpx
import pytest
from starlette.routing import Router

from waybill.docs import mount_docs

CONTRACT = b'{"openapi":  "3.1.0", "info": {"title": "\xc3\xa9", "version": "1"}, "paths": {}}\n'
EVENTS = b'{"asyncapi":  "3.0.0"}\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A generated package, as far as it matters here."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "openapi.json").write_bytes(CONTRACT)
    (tmp_path / "asyncapi.json").write_bytes(EVENTS)
    (tmp_path / "pages" / "reference.html").write_text("<main>$place an order</main>")
    (tmp_path / "pages" / "events.html").write_text("<main>order placed</main>")
    return tmp_path


def client_of(package: Path) -> httpx.AsyncClient:
    router = Router()
    mount_docs(router, "<orders>", package)
    return httpx.AsyncClient(transport=httpx.ASGITransport(router), base_url="http://orders.test")


async def test_contracts_are_served_byte_for_byte(package: Path) -> None:
    client = client_of(package)
    for path, contract in (("/openapi.json", CONTRACT), ("/asyncapi.json", EVENTS)):
        response = await client.get(path)
        assert response.content == contract
        assert response.headers["content-type"] == "application/json"


async def test_contracts_of_several_services_are_served_by_their_names(package: Path) -> None:
    (package / "asyncapi.json").unlink()
    (package / "asyncapi").mkdir()
    (package / "asyncapi" / "stock.json").write_bytes(EVENTS)
    client = client_of(package)
    assert (await client.get("/asyncapi/stock.json")).content == EVENTS
    assert (await client.get("/asyncapi.json")).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/docs/reference", "/docs/events"])
async def test_pages_need_nothing_from_elsewhere(package: Path, path: str) -> None:
    client = client_of(package)
    page = await client.get(path)
    assert "&lt;orders&gt;" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    found = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert {"/docs", "/docs/reference", "/docs/events", "/docs/style.css"} <= set(found)
    for each in found:
        assert each.startswith("/")
        assert (await client.get(each)).status_code == 200


async def test_pages_show_what_was_generated(package: Path) -> None:
    client = client_of(package)
    assert "<main>$place an order</main>" in (await client.get("/docs/reference")).text
    assert "<main>order placed</main>" in (await client.get("/docs/events")).text


async def test_a_page_that_was_not_generated_is_neither_served_nor_linked(package: Path) -> None:
    (package / "pages" / "events.html").unlink()
    client = client_of(package)
    assert (await client.get("/docs/events")).status_code == 404
    assert "/docs/events" not in (await client.get("/docs")).text


async def test_swagger_ui_knows_openapi_3_1_and_tells_nobody_of_the_contract(package: Path) -> None:
    client = client_of(package)
    start = (await client.get("/docs/swagger-start.js")).text
    assert 'url: "/openapi.json"' in start
    assert "validatorUrl: null" in start
    bundle = (await client.get("/docs/swagger-ui-bundle.js")).text
    assert re.search(r'PACKAGE_VERSION:"5\.\d+\.\d+"', bundle)
