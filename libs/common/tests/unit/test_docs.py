import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Router

from waybill.docs import mount_docs
from waybill.docs.instance import Instance
from waybill.docs.pages import RENDERERS

CONTRACT = b'{"openapi":  "3.1.0", "info": {"title": "\xc3\xa9", "version": "1"}, "paths": {}}\n'
EVENTS = b'{"asyncapi":  "3.0.0"}\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A generated package as a wheel has it, as far as it matters here."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "openapi.json").write_bytes(CONTRACT)
    (tmp_path / "asyncapi.json").write_bytes(EVENTS)
    (tmp_path / "pages" / "reference.html").write_text("<main>$place an order</main>")
    (tmp_path / "pages" / "events.html").write_text("<main>order placed</main>")
    return tmp_path


def client_of(package: Path, instance: Instance | None = None) -> httpx.AsyncClient:
    router = Router()
    mount_docs(router, "<orders>", package, instance=instance or Instance())
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
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    found = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert {"/docs", "/docs/reference", "/docs/events", "/docs/style.css"} <= set(found)
    for each in set(found) - {"#content"}:
        assert each.startswith("/")
        found_page = await client.get(each)
        assert found_page.status_code == 200
        assert found_page.headers["x-content-type-options"] == "nosniff"


async def test_pages_show_what_was_rendered_into_the_package(package: Path) -> None:
    client = client_of(package)
    assert "<main>$place an order</main>" in (await client.get("/docs/reference")).text
    assert "<main>order placed</main>" in (await client.get("/docs/events")).text


async def test_a_page_that_was_not_built_is_said_to_be_missing_and_not_linked(
    package: Path,
) -> None:
    (package / "pages" / "events.html").unlink()
    client = client_of(package)
    answer = await client.get("/docs/events")
    assert answer.status_code == 404
    assert "This page was not built. Install the service from its wheel" in answer.text
    assert 'href="/docs/events"' not in (await client.get("/docs")).text


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What another distribution renders, by page; it comes out empty."""
    pages: dict[str, str] = {}

    def render(name: str) -> str:
        if name not in pages:
            raise RuntimeError("contracts/orders/openapi.yaml:1: <something> is wrong.")
        return pages[name]

    class Found:
        def load(self) -> object:
            return lambda _contract: render

    def entry_points(*, group: str) -> list[Found]:
        return [Found()] if group == RENDERERS else []

    monkeypatch.setattr("waybill.docs.pages.entry_points", entry_points)
    return pages


async def test_a_rendered_page_goes_before_a_file_which_may_be_stale(
    package: Path, rendered: dict[str, str]
) -> None:
    rendered["reference"] = "<main>rendered now</main>"
    page = await client_of(package).get("/docs/reference")
    assert page.status_code == 200
    assert "<main>rendered now</main>" in page.text
    assert "place an order" not in page.text


async def test_a_page_that_cannot_be_rendered_shows_the_reason(
    package: Path, rendered: dict[str, str]
) -> None:
    answer = await client_of(package).get("/docs/events")
    assert answer.status_code == 404
    assert "openapi.yaml:1: &lt;something&gt; is wrong." in answer.text
    assert "order placed" not in answer.text


async def test_swagger_ui_supports_openapi_3_1_and_sends_the_contract_nowhere(
    package: Path,
) -> None:
    client = client_of(package)
    start = (await client.get("/docs/swagger-start.js")).text
    page = (await client.get("/docs")).text
    assert 'data-schema="/openapi.json"' in page
    assert 'document.getElementById("swagger-ui")' in start
    assert "url: page.dataset.schema" in start
    assert "validatorUrl: null" in start
    bundle = (await client.get("/docs/swagger-ui-bundle.js")).text
    assert re.search(r'PACKAGE_VERSION:"5\.\d+\.\d+"', bundle)


async def test_a_page_is_compressed_and_sent_once(package: Path) -> None:
    client = client_of(package)
    page = await client.get("/docs/style.css")
    assert page.headers["content-encoding"] == "gzip"
    tag = page.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        answer = await client.get("/docs/style.css", headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    other = await client.get("/docs/style.css", headers={"if-none-match": '"other"'})
    assert other.status_code == 200


async def test_the_contract_names_the_address_of_this_instance(package: Path) -> None:
    contract = {"openapi": "3.1.0", "servers": [{"url": "/"}], "info": {}, "paths": {}}
    (package / "openapi.json").write_text(json.dumps(contract))
    client = client_of(package)
    named = {"example.test:8080": "http://example.test:8080", "<script>": "/"}
    for host, url in named.items():
        answer = await client.get("/openapi.json", headers={"host": host})
        assert answer.json() == contract | {"servers": [{"url": url}]}


async def test_the_start_page_says_what_this_is_and_where_to_go(package: Path) -> None:
    info = {"title": "Waybill <orders>", "version": "2.0.0", "description": "Accepts orders."}
    (package / "openapi.json").write_text(json.dumps({"openapi": "3.1.0", "info": info}))
    page = (await client_of(package).get("/")).text
    for text in ("Waybill &lt;orders&gt;", "2.0.0", "Accepts orders.", 'href="/docs/reference"'):
        assert text in page


@pytest.mark.parametrize(
    ("sasl", "server", "schemes"),
    [
        (None, {}, None),
        (
            "SCRAM-SHA-256",
            {"security": [{"$ref": "#/components/securitySchemes/sasl"}]},
            {"sasl": {"type": "scramSha256"}},
        ),
    ],
)
async def test_asyncapi_document_names_the_brokers_and_how_to_log_in(
    package: Path, sasl: Any, server: dict[str, Any], schemes: Any
) -> None:
    (package / "asyncapi.json").write_text('{"asyncapi": "3.0.0", "components": {"schemas": {}}}')
    client = client_of(package, Instance(brokers=("one:9092", "two:9092"), sasl=sasl))
    document = (await client.get("/asyncapi.json")).json()
    assert document["servers"] == {
        "kafka": {"host": "one:9092", "protocol": "kafka", **server},
        "kafka-2": {"host": "two:9092", "protocol": "kafka", **server},
    }
    assert document["components"].get("securitySchemes") == schemes


async def test_asyncapi_document_names_topics_as_they_are_on_the_brokers(package: Path) -> None:
    channels = {"events": {"address": "orders.order-events.v1", "messages": {}}}
    (package / "asyncapi.json").write_text(json.dumps({"asyncapi": "3.0.0", "channels": channels}))
    instance = Instance(brokers=("one:9092",), sasl="OAUTHBEARER", topic_prefix="staging.")
    document = (await client_of(package, instance).get("/asyncapi.json")).json()
    assert document["channels"] == {
        "events": {"address": "staging.orders.order-events.v1", "messages": {}}
    }
    assert document["components"]["securitySchemes"]["sasl"] == {"type": "http", "scheme": "bearer"}
