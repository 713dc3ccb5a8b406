"""What is around operations and routes: middleware, dependencies, the trace."""

from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    HTTPException,  # noqa: TID251 - what a service's own routes may raise
    Request,
)
from fastapi.responses import PlainTextResponse, Response
from fastapi.testclient import TestClient
from starlette.middleware.cors import CORSMiddleware

from waybill.app import ServiceApp
from waybill.process.settings import Settings

Make = Callable[..., ServiceApp[Settings]]


Next = Callable[[Request], Awaitable[Response]]


def test_middleware_is_around_operations_routes_and_what_the_runtime_serves(
    make: Make, working_routes: APIRouter
) -> None:
    app = make(working_routes)

    @app.middleware("http")
    async def mark(request: Request, call_next: Next) -> Response:
        await request.body()
        response = await call_next(request)
        response.headers["x-marked"] = "yes"
        return response

    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    with TestClient(app) as client:
        for path in ("/v1/sales/7", "/internal/sync", "/health/live", "/nowhere", "/docs"):
            headers = client.get(path, headers={"origin": "https://shop.test"}).headers
            assert headers["x-marked"] == "yes"
            assert headers["access-control-allow-origin"] == "*"
        put = client.put("/v1/sales/7", json={"a": "b"})
        assert put.json() == {"a": "b", "number": "7"}


def test_dependencies_are_solved_before_each_operation_which_still_reads_its_body(
    make: Make,
) -> None:
    done: list[str] = []

    async def guard(request: Request, tasks: BackgroundTasks) -> AsyncIterator[None]:
        if request.headers.get("x-tenant") != "a":
            raise HTTPException(403, "no tenant")
        done.append((await request.body()).decode())
        tasks.add_task(done.append, "task")
        yield
        done.append("after")

    with TestClient(make(dependencies=[Depends(guard)])) as client:
        assert client.put("/v1/sales/7", json={}).json() == {"detail": "no tenant"}
        put = client.put("/v1/sales/7", json={"a": "b"}, headers={"x-tenant": "a"})
        assert put.json() == {"a": "b", "number": "7"}
        assert client.head("/v1/sales/7", headers={"x-tenant": "a"}).content == b""
        assert client.delete("/v1/sales/7").status_code == 405
    assert done == ['{"a":"b"}', "task", "after", "", "task", "after"]


def test_a_response_that_is_sent_twice_names_each_trace_once(make: Make) -> None:
    always = PlainTextResponse("always")
    router = APIRouter()

    @router.get("/always")
    async def answer() -> Response:
        return always

    with TestClient(make(router)) as client:
        first, second = client.get("/always"), client.get("/always")
    assert len(second.headers.get_list("x-trace-id")) == 1
    assert first.headers["x-trace-id"] != second.headers["x-trace-id"]


def test_a_dependency_of_the_operations_can_be_overridden_in_a_test(make: Make) -> None:
    async def guard() -> None:
        raise HTTPException(403, "no")

    app = make(dependencies=[Depends(guard)])
    with TestClient(app) as client:
        assert client.get("/v1/sales/7").status_code == 403
        app.dependency_overrides[guard] = lambda: None
        assert client.get("/v1/sales/7").status_code == 200
