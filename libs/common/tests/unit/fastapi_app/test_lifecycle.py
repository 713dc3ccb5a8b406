"""What an app has from its import on, and what from its start to its end."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import (
    APIRouter,
    FastAPI,
)
from fastapi.testclient import TestClient
from starlette.routing import Route

from waybill.app import ServiceApp
from waybill.process.settings import Settings

Make = Callable[..., ServiceApp[Settings]]


def test_operations_are_routes_with_path_name_methods_and_tags_before_anything_is_open(
    make: Make,
) -> None:
    routes = [each for each in make().routes if isinstance(each, Route)]
    assert [(each.path, each.name, each.methods) for each in routes] == [
        ("/v1/sales/{number}", "get_sale", {"GET", "HEAD"}),
        ("/v1/sales/{number}", "put_sale", {"PUT"}),
    ]
    assert getattr(routes[0], "tags", None) == ["shop"]
    assert make().url_path_for("get_sale", number="7") == "/v1/sales/7"


def test_an_app_can_be_started_again_and_keeps_its_routes(make: Make) -> None:
    app = make()
    before = list(app.routes)
    for _ in range(2):
        with TestClient(app) as client:
            assert client.get("/v1/sales/7").json() == {"number": "7"}
            assert client.get("/health/ready").json() == {"status": "ready"}
        assert app.routes == before


def test_an_operation_reports_that_the_lifespan_has_not_begun(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    response = TestClient(make()).get("/v1/sales/7")
    assert response.status_code == 503
    assert response.json()["detail"].startswith("The service has not started")
    assert "with TestClient(app) as client" in caplog.text


def test_configure_is_given_the_app_once_and_before_it_starts(make: Make) -> None:
    given: list[FastAPI] = []
    app = make(configure=given.append)
    assert given == [app]
    with TestClient(app):
        assert given == [app]


def test_the_lifespan_of_a_router_runs_inside_that_of_the_service(make: Make) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        seen.append(type(app.state.service.api).__name__)
        yield
        seen.append("closed")

    with TestClient(make(APIRouter(lifespan=lifespan))):
        assert seen == ["Api"]
    assert seen == ["Api", "closed"]


def test_a_route_that_takes_every_path_hides_nothing_of_the_service(make: Make) -> None:
    app = make()

    @app.get("/{path:path}")
    async def everything(path: str) -> str:
        return path

    with TestClient(app) as client:
        assert client.get("/anything").json() == "anything"
        assert client.get("/v1/sales/7").json() == {"number": "7"}
        assert client.get("/health/ready").json() == {"status": "ready"}
        assert client.get("/openapi.json").json()["openapi"] == "3.1.0"
