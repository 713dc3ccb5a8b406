"""A service that checks its own answers: what is counted and logged, and what it costs when off."""

import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from waybill.app import Service, build
from waybill.conformance.answers import BODY_BYTES_MAX
from waybill.http import Answer, Call, Operation
from waybill.http.reply import Reply
from waybill.http.routing import Fixed
from waybill.process.settings import ProcessSettings, Settings

PATH = "/v1/sales/{number}"
PROBLEM = {
    "type": "object",
    "required": ["type", "status"],
    "properties": {"type": {"type": "string"}, "status": {"type": "integer"}},
}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        PATH: {
            "get": {
                "operationId": "get_sale",
                "responses": {
                    "200": {
                        "headers": {
                            "ETag": {"required": True, "schema": {"pattern": '^"[0-9]+"$'}},
                            "Retry-After": {"schema": {"type": "integer", "minimum": 1}},
                        },
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Sale"}}
                        },
                    },
                    "204": {"description": "Nothing."},
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            }
        }
    },
    "components": {
        "responses": {
            "NotFound": {
                "x-problems": ["sale-not-found"],
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            }
        },
        "schemas": {
            "Problem": PROBLEM,
            "Sale": {
                "type": "object",
                "additionalProperties": False,
                "required": ["number"],
                "properties": {
                    "number": {"type": "integer", "minimum": 1},
                    "customer": {"type": "string", "maxLength": 20},
                    "sold_at": {"type": "string", "format": "date-time"},
                },
            },
        },
    },
}
ETAG = ("etag", '"1"')
JSON = ("content-type", "application/json")
PROBLEM_JSON = ("content-type", "application/problem+json")


def sale(**members: object) -> Reply:
    return Reply(200, (ETAG, JSON), json.dumps({"number": 1, **members}).encode())


def problem(slug: str, status: int) -> Reply:
    body = {"type": f"urn:waybill:problem:{slug}", "status": status}
    return Reply(404, (PROBLEM_JSON,), json.dumps(body).encode())


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """Make a generated package that has no more than a contract."""
    (tmp_path / "openapi.json").write_text(json.dumps(CONTRACT))
    return tmp_path


@asynccontextmanager
async def serving(
    contract: Path, reply: Reply | Fixed, *, checked: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    get = Fixed(reply) if isinstance(reply, Reply) else reply

    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=contract, paths={PATH: {"GET": get}})

    app = build(ProcessSettings(service="shop", check_contract=checked), assemble)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
    ):
        yield client


async def counted(client: httpx.AsyncClient) -> dict[str, float]:
    """Read /metrics: the samples of the checks."""
    lines = (await client.get("/metrics")).text.splitlines()
    samples = (line.rpartition(" ") for line in lines if line.startswith("waybill_contract_"))
    return {name.removeprefix("waybill_contract_"): float(value) for name, _, value in samples}


@pytest.mark.parametrize(
    "reply",
    [
        sale(),
        sale(customer="Ms Mint", sold_at="2026-11-22T09:30:00.5Z"),
        Reply(200, (*sale().headers, ("retry-after", "3")), sale().body),
        Reply(204, ()),
        problem("sale-not-found", 404),
    ],
)
async def test_an_answer_is_counted_and_nothing_else_when_it_is_as_declared(
    contract: Path, reply: Reply
) -> None:
    async with serving(contract, reply) as client:
        assert (await client.get("/v1/sales/1")).content == reply.body
        assert await counted(client) == {'checks_total{side="answer"}': 1}


@pytest.mark.parametrize(
    ("reply", "part", "place"),
    [
        (Reply(202, ()), "status", "202 is not declared"),
        (Reply(200, (JSON,), sale().body), "header", "etag: is missing"),
        (Reply(200, (("etag", "one"), JSON), sale().body), "header", "etag: pattern"),
        (
            Reply(200, (ETAG, JSON, ("retry-after", "0")), sale().body),
            "header",
            "retry-after: minimum",
        ),
        (
            Reply(200, (ETAG, JSON, ("location", "/v1/x")), sale().body),
            "header",
            "location is not declared",
        ),
        (Reply(200, (ETAG, ("content-type", "text/plain")), b"1"), "media type", "not declared"),
        (Reply(200, (ETAG, JSON), b'{"number": 1'), "body", "is not JSON"),
        (Reply(204, (JSON,), b"{}"), "body", "none is declared"),
        (sale(number=0), "body", "components/schemas/Sale/properties/number/minimum"),
        (sale(secret=1), "body", "components/schemas/Sale/additionalProperties"),
        (
            sale(sold_at="2026-11-22 09:30:00"),
            "body",
            "components/schemas/Sale/properties/sold_at/format",
        ),
        (problem("sold-out", 404), "problem", "sold-out is not declared"),
        (problem("sale-not-found", 410), "problem", "has another status"),
    ],
)
async def test_an_answer_is_counted_and_logged_and_sent_as_it_is_when_it_breaks_the_contract(
    contract: Path, caplog: pytest.LogCaptureFixture, reply: Reply, part: str, place: str
) -> None:
    async with serving(contract, reply) as client:
        response = await client.get("/v1/sales/1")
        assert (response.status_code, response.content) == (reply.status, reply.body)
        sample = f'violations_total{{part="{part}",side="answer",subject="get_sale"}}'
        assert (await counted(client))[sample] == 1

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.message == f"contract violation: answer get_sale: {part} {place}"


async def test_no_value_is_logged_and_one_kind_only_once(
    contract: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(contract, sale(customer="Ms Peppermint-Longbottom", number="x")) as client:
        for number in range(3):
            await client.get(f"/v1/sales/{number}")
        counts = await counted(client)

    assert counts['violations_total{part="body",side="answer",subject="get_sale"}'] == 6
    assert len(caplog.records) == 2
    assert "Peppermint" not in caplog.text


async def test_other_methods_and_paths_are_no_violation(contract: Path) -> None:
    async with serving(contract, sale()) as client:
        assert (await client.head("/v1/sales/1")).status_code == 200
        assert (await client.post("/v1/sales/1")).status_code == 405
        assert (await client.options("/v1/sales/1")).status_code == 204
        assert (await client.get("/v1/nothing")).status_code == 404
        assert await counted(client) == {'checks_total{side="answer"}': 3}


class Streamed(Fixed):
    """Sends a large body in parts."""

    @override
    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"etag", b'"1"'), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(3):
            part = b" " * (BODY_BYTES_MAX // 2)
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"no JSON"})


async def test_of_a_very_large_body_only_the_head_is_checked(contract: Path) -> None:
    async with serving(contract, Streamed(sale())) as client:
        assert len((await client.get("/v1/sales/1")).content) > BODY_BYTES_MAX
        assert await counted(client) == {'checks_total{side="answer"}': 1}


async def test_nothing_is_wrapped_or_counted_when_it_is_off(contract: Path) -> None:
    async with serving(contract, sale(number=0), checked=False) as client:
        assert (await client.get("/v1/sales/1")).status_code == 200
        assert "waybill_contract" not in (await client.get("/metrics")).text


def test_what_it_needs_is_not_even_imported_when_it_is_off() -> None:
    code = (
        "import sys, waybill.app, waybill.process.event_runtime;"
        "print([each for each in ('waybill.conformance', 'jsonschema_rs')"
        " if each in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert printed.stdout == b"[]\n"


class Sale(BaseModel):
    number: int


@dataclass(frozen=True, slots=True)
class GetSale200(Answer):
    status: ClassVar[int] = 200
    body: Sale
    etag: str


class Api:
    """Its answers pass the type checker, and one is not what the contract says."""

    async def get_sale(self, _call: Call) -> GetSale200:
        return GetSale200(body=Sale(number=-1), etag='"1"')


SETTINGS = Settings.model_validate(
    {
        "service": "shop",
        "database_url": "postgresql://127.0.0.1:1/nowhere",
        "kafka_bootstrap_servers": "nowhere",
        "access": "open",
        "check_contract": True,
    }
)


async def test_a_handler_that_breaks_its_contract_is_counted(
    contract: Path, caplog: pytest.LogCaptureFixture
) -> None:
    operation = Operation(id="get_sale", method="GET", path=PATH, answers=(GetSale200,))

    async def assemble(_settings: Settings) -> Service:
        return Service(contract=contract, api=Api(), operations=(operation,))

    app = build(SETTINGS, assemble)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client,
    ):
        assert (await client.get("/v1/sales/1")).json() == {"number": -1}
        assert await counted(client) == {
            'checks_total{side="answer"}': 1,
            'violations_total{part="body",side="answer",subject="get_sale"}': 1,
        }
    assert "properties/number/minimum" in caplog.text
