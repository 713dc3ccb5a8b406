"""A process that needs less than a service usually does: no database, no operations."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from waybill.app import Service, build
from waybill.http import Answer, Operation
from waybill.http.reply import Reply
from waybill.http.routing import Fixed
from waybill.process.settings import ProcessSettings

SETTINGS = ProcessSettings(service="door")


@dataclass(frozen=True, slots=True)
class Nothing204(Answer):
    status: ClassVar[int] = 204


async def test_a_process_without_database_serves_its_paths_and_is_ready(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(b"{}")
    there = {"GET": Fixed(Reply(200, (), b"here"))}

    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=tmp_path, paths={"/v1/{name}": there})

    app = build(SETTINGS, assemble)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://door") as client,
    ):
        assert (await client.get("/v1/x")).text == "here"
        assert (await client.post("/v1/x")).headers["allow"] == "GET, HEAD, OPTIONS"
        assert (await client.get("/health/ready")).json() == {"status": "ready"}
        assert (await client.get("/openapi.json")).content == b"{}"


async def test_operations_need_settings_with_access(
    tmp_path: Path,
) -> None:
    operation = Operation(id="do_it", method="GET", path="/v1/it", answers=(Nothing204,))

    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=tmp_path, operations=(operation,))

    app = build(SETTINGS, assemble)
    with pytest.raises(TypeError, match="need settings with `access`"):
        async with app.router.lifespan_context(app):
            pass
