"""The smallest service that has all the parts; test_app.py runs it as a process."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from fastapi import APIRouter, WebSocket

from waybill.app import Service, build, run, serves
from waybill.http import Answer, Call, Operation, Stream
from waybill.postgres import Database
from waybill.process.settings import Settings

log = logging.getLogger("sample")


@dataclass(frozen=True, slots=True)
class Number200(Answer):
    status: ClassVar[int] = 200
    body: dict[str, int]


@dataclass(frozen=True, slots=True)
class Number204(Answer):
    status: ClassVar[int] = 204


@dataclass(frozen=True, slots=True)
class Events200(Answer):
    status: ClassVar[int] = 200
    media_type: ClassVar[str] = "text/event-stream"
    body: Stream


async def _events() -> AsyncIterator[str]:
    yield "data: 1\n\n"
    await asyncio.Event().wait()


class Api:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_number(self, _call: Call) -> Number200:
        async with self._database.connection() as connection:
            number = await connection.fetchval("SELECT 1")
        log.info("number returned")
        return Number200(body={"number": number})

    async def put_number(self, _call: Call, body: int) -> Number204:  # noqa: ARG002
        """Wake what a commit that sent events would wake."""
        self._database.on_sent(())
        return Number204()

    async def get_slowly(self, _call: Call) -> Number200:
        """Respond long after the process got SIGTERM."""
        log.info("slow request begun")
        await asyncio.sleep(0.5)
        log.info("slow request done")
        return Number200(body={"number": 2})

    async def get_events(self, _call: Call) -> Events200:
        """Respond for as long as the client listens."""
        return Events200(body=_events())


OPERATIONS = (
    Operation(id="get_number", method="GET", path="/v1/numbers", answers=(Number200,)),
    Operation(
        id="put_number",
        method="PUT",
        path="/v1/numbers",
        body=int,
        body_limit_bytes=2048,
        answers=(Number204,),
    ),
    Operation(id="get_events", method="GET", path="/v1/events", answers=(Events200,)),
    Operation(id="get_slowly", method="GET", path="/v1/slow", answers=(Number200,)),
)


class Part:
    """Works until `stop` is set, or misbehaves as the environment says."""

    name = "part"

    def __init__(self) -> None:
        self.woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        log.info("part begun", extra={"pid": os.getpid()})
        match os.environ.get("SAMPLE_PART"):
            case "crashing":
                raise LookupError("crash")
            case "ending":
                return
            case "stubborn":
                await asyncio.Event().wait()
            case "busy":
                await self.woken.wait()
                log.info("busy")
                time.sleep(1)  # noqa: ASYNC251 - as a large batch does
                log.info("busy no more")
                await stop.wait()
            case _:
                await stop.wait()
                await asyncio.sleep(0.05)
                log.info("batch in hand done")


class EachProcess:
    """Says in which process it runs, and fails if the environment asks for it."""

    name = "each process"

    async def run(self, stop: asyncio.Event) -> None:
        log.info("each process", extra={"pid": os.getpid()})
        if os.environ.get("SAMPLE_EACH_PROCESS") == "crashing":
            raise LookupError("crash")
        await stop.wait()


own = APIRouter(prefix="/own")


@own.get("/bug")
async def bug() -> None:
    raise LookupError("bug")


@own.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


@serves(Path(__file__).with_name("contract"), OPERATIONS, routers=[own])
async def assemble(settings: Settings) -> Service:
    database = await Database.open(settings.database_url.get_secret_value())
    part = Part()
    database.on_sent = lambda _: part.woken.set()

    async def closed() -> None:
        log.info("closed")

    return Service(
        api=Api(database),
        database=database,
        background=(part,),
        in_each_process=(EachProcess(),),
        closing=(closed,),
    )


app = build(Settings, assemble)

if __name__ == "__main__":
    run(app)
