"""A service of FastAPI: two operations, and routes of its own."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    HTTPException,  # noqa: TID251 - what a service's own routes may raise
    WebSocket,
)
from fastapi.testclient import TestClient
from pydantic import BaseModel

from waybill.app import CurrentService, Service, ServiceApp, build, serves
from waybill.http import Answer, Call, Operation, Parameter
from waybill.http.problems import NotFound, ProblemError
from waybill.postgres import DatabaseUnavailableError
from waybill.process.settings import Settings

SETTINGS = Settings.model_validate(
    {
        "service": "shop",
        "database_url": "postgresql://127.0.0.1:1/nowhere",
        "kafka_bootstrap_servers": "nowhere",
        "access": "open",
    }
)


@dataclass(frozen=True, slots=True)
class Sale200(Answer):
    status: ClassVar[int] = 200
    body: dict[str, str]


NUMBER = Parameter(name="number", place="path", argument="number", type=str, required=True)
OPERATIONS = (
    Operation(
        id="get_sale",
        method="GET",
        path="/v1/sales/{number}",
        answers=(Sale200,),
        parameters=(NUMBER,),
        tags=("shop",),
    ),
    Operation(
        id="put_sale",
        method="PUT",
        path="/v1/sales/{number}",
        answers=(Sale200,),
        parameters=(NUMBER,),
        body=dict[str, str],
    ),
)


class Api:
    async def get_sale(self, _call: Call, *, number: str) -> Sale200:
        if number == "late":
            raise EOFError
        if number == "bug":
            raise LookupError(number)
        return Sale200(body={"number": number})

    async def put_sale(self, _call: Call, body: dict[str, str], *, number: str) -> Sale200:
        return Sale200(body={**body, "number": number})


Make = Callable[..., ServiceApp[Settings]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make the app of a service from what it declares."""
    (tmp_path / "openapi.json").write_text('{"openapi": "3.1.0", "paths": {}}')

    def make(
        *routers: APIRouter,
        operations: tuple[Operation, ...] = OPERATIONS,
        settings: Mapping[str, str] | None = None,
        **declared: object,
    ) -> ServiceApp[Settings]:
        @serves(tmp_path, operations, routers=routers, **declared)  # type: ignore[arg-type] # any
        async def assemble(_settings: Settings) -> Service:
            return Service(api=Api())

        return build(SETTINGS.model_copy(update=dict(settings or {})), assemble)

    return make


class Body(BaseModel):
    n: int


@pytest.fixture
def working_routes(done: list[str]) -> APIRouter:
    """Make routes that use what FastAPI has."""
    router = APIRouter(prefix="/internal", tags=["internal"])

    async def opened() -> AsyncIterator[int]:
        done.append("opened")
        yield 7
        done.append("closed")

    @router.get("/depends")
    async def depends(number: Annotated[int, Depends(opened)]) -> int:
        return number

    @router.post("/body")
    async def body(body: Body) -> Body:
        return body

    @router.get("/sync")
    def sync() -> str:
        return "sync"

    @router.post("/task")
    async def task(tasks: BackgroundTasks) -> None:
        tasks.add_task(done.append, "task")

    @router.get("/service")
    async def service(service: CurrentService) -> str:
        return type(service.api).__name__

    @router.websocket("/echo")
    async def echo(websocket: WebSocket, service: CurrentService) -> None:
        await websocket.accept()
        text = await websocket.receive_text()
        await websocket.send_text(f"{text} {type(service.api).__name__}")
        await websocket.close()

    return router


@pytest.fixture
def failing_routes() -> APIRouter:
    """Make routes that fail, each in a way of its own."""
    router = APIRouter(prefix="/internal")

    @router.get("/tea")
    async def tea() -> None:
        raise HTTPException(418, "tea")

    @router.get("/bug")
    async def bug() -> None:
        raise LookupError("bug")

    @router.get("/late")
    async def late() -> None:
        raise EOFError

    @router.get("/refused")
    async def refused() -> None:
        raise ProblemError(NotFound(detail="No such thing."))

    @router.get("/away")
    async def away() -> None:
        raise DatabaseUnavailableError("gone")

    return router


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def client(
    make: Make, working_routes: APIRouter, failing_routes: APIRouter
) -> Iterator[TestClient]:
    with TestClient(make(working_routes, failing_routes), raise_server_exceptions=False) as client:
        yield client
