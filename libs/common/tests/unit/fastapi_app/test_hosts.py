"""Which names a Host header may have: a web page must not use the service under its own."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from waybill.app import ServiceApp
from waybill.process.settings import Settings
from waybill_toolkit.testing.serving import serving

Make = Callable[..., ServiceApp[Settings]]

SALE = "/v1/sales/7"


@pytest.mark.parametrize("path", [SALE, "/docs", "/health/live", "/nowhere"])
@pytest.mark.parametrize("host", ["evil.example:9700", "10.1.2.3", "localhost.evil.example", ""])
def test_a_request_for_another_host_is_refused(make: Make, path: str, host: str) -> None:
    with serving(make()) as address:
        response = httpx.get(address + path, headers={"host": host})
    assert response.status_code == 421
    assert response.json()["type"] == "urn:waybill:problem:misdirected-request"
    assert response.json()["trace_id"] == response.headers["x-trace-id"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80"]
)
def test_the_names_of_a_laptop_are_served(make: Make, host: str) -> None:
    with serving(make()) as address:
        assert httpx.get(address + SALE, headers={"host": host}).status_code == 200


def test_a_websocket_for_another_host_is_refused(make: Make, working_routes: APIRouter) -> None:
    with (
        TestClient(make(working_routes)) as client,
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/internal/echo", headers={"host": "evil.example"}),
    ):
        pass


@pytest.mark.parametrize("changed", [{"host": "0.0.0.0"}, {"allowed_hosts": "a.test,shop.test"}])  # noqa: S104
def test_other_names_are_served_when_the_settings_say_so(
    make: Make, changed: dict[str, str]
) -> None:
    with TestClient(make(settings=changed), base_url="http://shop.test") as client:
        assert client.get(SALE).status_code == 200


def test_the_address_of_the_connection_is_served(make: Make) -> None:
    app = make(settings={"allowed_hosts": "shop.test"})
    with TestClient(app, base_url="http://10.1.2.3") as client:  # also the scope's server
        assert client.get(SALE).status_code == 200
