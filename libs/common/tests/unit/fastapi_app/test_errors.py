"""Who answers an error: FastAPI, the service's own handlers, or a problem."""

from collections.abc import Callable

import pytest
from fastapi import (
    APIRouter,
    Request,
)
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.testclient import TestClient

from waybill.app import ServiceApp
from waybill.process.settings import Settings

Make = Callable[..., ServiceApp[Settings]]


@pytest.mark.parametrize(
    ("method", "path", "status", "media_type"),
    [
        ("POST", "/internal/body", 422, "application/json"),
        ("GET", "/internal/tea", 418, "application/json"),
        ("PUT", "/internal/tea", 405, "application/json"),
        ("GET", "/internal/refused", 404, "application/problem+json"),
        ("GET", "/internal/away", 503, "application/problem+json"),
        ("GET", "/internal/bug", 500, "application/problem+json"),
        ("GET", "/internal/nowhere", 404, "application/problem+json"),
        ("DELETE", "/v1/sales/7", 405, "application/problem+json"),
        ("GET", "/v1/sales/bug", 500, "application/problem+json"),
    ],
)
def test_errors_are_answered_as_fastapi_or_the_contract_does_and_name_the_trace(
    client: TestClient, method: str, path: str, status: int, media_type: str
) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, media_type)
    assert len(response.headers["x-trace-id"]) == 32
    if media_type == "application/problem+json":
        assert response.json()["trace_id"] == response.headers["x-trace-id"]


def test_an_error_of_a_route_reaches_the_test_and_the_log(
    make: Make, failing_routes: APIRouter, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(make(failing_routes)) as client, pytest.raises(LookupError, match="bug"):
        client.get("/internal/bug")
    assert "GET /internal/bug failed" in caplog.text


def test_exception_handlers_also_answer_what_an_operation_raises(
    make: Make, failing_routes: APIRouter
) -> None:
    app = make(failing_routes)

    @app.exception_handler(EOFError)
    async def too_late(_request: Request, _error: EOFError) -> Response:
        return PlainTextResponse("too late", 410)

    with TestClient(app) as client:
        for path in ("/internal/late", "/v1/sales/late"):
            assert (client.get(path).status_code, client.get(path).text) == (410, "too late")
        assert client.get("/v1/sales/bug").json()["type"] == "urn:waybill:problem:internal"


@pytest.mark.parametrize("what", [Exception, 500])
def test_a_handler_of_all_errors_replaces_ours(
    make: Make, failing_routes: APIRouter, what: type[Exception] | int
) -> None:
    app = make(failing_routes)

    @app.exception_handler(what)
    async def failed(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"own": True}, 500)

    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/internal/bug", "/v1/sales/bug"):
            assert client.get(path).json() == {"own": True}
            assert "x-trace-id" in client.get(path).headers
