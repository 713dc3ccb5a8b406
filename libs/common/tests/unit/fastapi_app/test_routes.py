"""Routes of a service outside its contract: all features of FastAPI work on them."""

from collections.abc import Callable

import pytest
from fastapi import (
    APIRouter,
    WebSocketDisconnect,
)
from fastapi.testclient import TestClient

from waybill.app import ServiceApp
from waybill.process.settings import Settings

Make = Callable[..., ServiceApp[Settings]]


def test_dependencies_bodies_sync_routes_and_tasks_work(
    client: TestClient, done: list[str]
) -> None:
    assert client.get("/internal/depends").json() == 7
    assert client.post("/internal/body", json={"n": 1}).json() == {"n": 1}
    assert client.get("/internal/sync").json() == "sync"
    assert client.post("/internal/task").status_code == 200
    assert done == ["opened", "closed", "task"]


def test_a_websocket_works_and_an_unknown_one_is_refused(client: TestClient) -> None:
    with client.websocket_connect("/internal/echo") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "hello Api"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/nowhere"):
        pass


def test_a_route_is_given_the_service(client: TestClient) -> None:
    assert client.get("/internal/service").json() == "Api"


def test_own_routes_have_a_page_of_their_own_and_are_not_in_the_contract(
    client: TestClient,
) -> None:
    assert client.get("/openapi.json").json()["paths"] == {}
    assert "/internal/sync" in client.get("/docs/own.json").json()["paths"]
    assert "/v1/sales/{number}" not in client.get("/docs/own.json").json()["paths"]
    assert 'data-schema="/docs/own.json"' in client.get("/docs/own").text
    assert 'href="/docs/own"' in client.get("/docs").text


def test_without_own_routes_there_is_no_page_for_them(make: Make) -> None:
    hidden = APIRouter(include_in_schema=False)
    hidden.add_api_route("/hidden", lambda: None)
    with TestClient(make(hidden)) as client:
        assert client.get("/hidden").status_code == 200
        assert client.get("/docs/own").status_code == 404
        assert "/docs/own" not in client.get("/docs").text
