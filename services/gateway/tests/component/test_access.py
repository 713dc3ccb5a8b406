"""Who may call: tokens and scopes are checked by the contract, before the body is read."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import httpx
import pytest
from services.gateway.tests.conftest import CONTRACT
from services.gateway.tests.tokens import READER, WRITER, bearer, token_file

from gateway.guards import Fields, Guard
from waybill.clock import SystemClock
from waybill_toolkit.testing.fake_issuer import fake_issuer
from waybill_toolkit.testing.raw_http import exchange

if TYPE_CHECKING:
    from pathlib import Path

    from services.gateway.tests.conftest import Open, OpenChecked
    from starlette.types import Scope

    from waybill_toolkit.testing.contract_check import DeclaredOperation
    from waybill_toolkit.testing.fake_http_service import FakeHttpService

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"


def _scopes(operation: DeclaredOperation) -> list[str]:
    return [scope for way in operation.written["security"] for scope in way.get("bearer", ())]


def _slug(response: httpx.Response) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


async def _ask(
    client: httpx.AsyncClient, operation: DeclaredOperation, name: str | None
) -> httpx.Response:
    path = operation.path.replace("{", "").replace("}", "")
    content = b"{}" if "requestBody" in operation.written else None
    headers = bearer(name) if name else {}
    return await client.request(operation.method, path, content=content, headers=headers)


async def _holes(client: httpx.AsyncClient) -> list[str]:
    """Return what each operation of the contract admits wrongly, or refuses wrongly."""
    found: list[str] = []
    for operation in CONTRACT.operations:
        scopes = _scopes(operation)
        expected = {None: 200, "nothing": 200, f"but-{operation.id}": 200, operation.id: 200}
        if scopes:
            expected |= {None: 401, "nothing": 403, f"but-{operation.id}": 403}
        for name, status in expected.items():
            response = await _ask(client, operation, name)
            if response.status_code != status:
                found.append(f"{operation.id}, {name} with {scopes}: {response.status_code}")
    return found


@pytest.fixture
def callers(tmp_path: Path) -> Path:
    """Write tokens without scopes, with those of one operation, and with all but one of these."""
    everything = {scope for each in CONTRACT.operations for scope in _scopes(each)}
    exact = {each.id: _scopes(each) for each in CONTRACT.operations}
    but_one = {f"but-{name}": everything - set(scopes[:1]) for name, scopes in exact.items()}
    return token_file(tmp_path, {"nothing": [], **exact, **but_one})


async def test_every_operation_is_guarded_as_its_contract_says(
    open_checked: OpenChecked, callers: Path
) -> None:
    async with open_checked(access=callers) as client:
        assert await _holes(client) == []


async def test_the_walk_finds_an_operation_whose_guard_is_taken_out(
    open_checked: OpenChecked, callers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Guard.check

    async def forgetful(guard: Guard, scope: Scope) -> Fields:
        return () if scope["path"] == "/v1/prices" else await check(guard, scope)

    monkeypatch.setattr(Guard, "check", forgetful)
    async with open_checked(access=callers) as client:
        found = await _holes(client)

    assert [each.partition(",")[0] for each in found] == ["list_prices"] * 3


async def test_a_refused_request_does_not_reach_its_service(
    open_checked: OpenChecked, service: FakeHttpService, tmp_path: Path
) -> None:
    async with open_checked(access=token_file(tmp_path)) as client:
        assert (await client.get(ORDER)).headers["www-authenticate"] == "Bearer"
        wrong = await client.get(ORDER, headers=bearer("stranger"))
        lacking = await client.post(f"{ORDER}/cancellation", headers=bearer(READER))

    assert wrong.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert lacking.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", scope="orders:write"'
    )
    assert service.asked == []


async def test_a_request_is_refused_before_its_body_is_read(
    open_gateway: Open, tmp_path: Path
) -> None:
    address = open_gateway(access=token_file(tmp_path)).removeprefix("http://")
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = b"POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999\r\n"
    writer.write(head + b"expect: 100-continue\r\n\r\n")

    assert b" 401 " in await reader.readline()
    writer.transport.abort()


@pytest.mark.parametrize("order", [(READER, WRITER), (WRITER, READER)])
async def test_two_authorization_headers_are_refused(
    open_checked: OpenChecked, service: FakeHttpService, tmp_path: Path, order: tuple[str, str]
) -> None:
    headers = [("Authorization", f"Bearer {name}") for name in order]
    async with open_checked(access=token_file(tmp_path)) as client:
        response = await client.get(ORDER, headers=headers)

    assert (response.status_code, _slug(response)) == (400, "malformed-request")
    assert service.asked == []


@pytest.mark.parametrize(
    "name",
    [
        "X-User-Id",
        "X-User",
        "X-Forwarded-User",
        "X-Auth-Request-User",
        "X-Remote-User",
        "Remote-User",
        "X-Consumer-Id",
        "X-Scopes",
        "X-Authenticated-Userid",
        "Cookie",
        "Proxy-Authorization",
    ],
)
async def test_a_header_that_names_a_caller_admits_nobody(
    open_checked: OpenChecked, service: FakeHttpService, tmp_path: Path, name: str
) -> None:
    async with open_checked(access=token_file(tmp_path)) as client:
        response = await client.get(ORDER, headers={name: f"Bearer {READER}"})

    assert response.status_code == 401
    assert service.asked == []


@pytest.mark.parametrize("where", [f"?access_token={READER}", f"?authorization=Bearer%20{READER}"])
async def test_a_token_in_the_query_admits_nobody(
    open_checked: OpenChecked, tmp_path: Path, where: str
) -> None:
    async with open_checked(access=token_file(tmp_path)) as client:
        assert (await client.get(ORDER + where)).status_code == 401


async def test_an_overridden_method_needs_the_scope_of_the_real_one(
    open_checked: OpenChecked, service: FakeHttpService, tmp_path: Path
) -> None:
    headers = {**bearer(READER), "X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"}
    async with open_checked(access=token_file(tmp_path)) as client:
        refused = await client.post("/v1/orders", content=b"{}", headers=headers)
        headers["X-HTTP-Method-Override"] = "POST"
        await client.get("/v1/orders", headers=headers)

    assert refused.status_code == 403
    assert [asked.method for asked in service.asked] == ["GET"]


async def test_tokens_of_an_issuer_are_verified(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    with fake_issuer("shop", SystemClock().now()) as issuer:
        settings = {"access": issuer.name, "access_audience": "shop"}
        async with open_checked(**settings) as client:
            good, foreign = issuer.token(), issuer.token(aud="another shop")
            assert (await client.get(ORDER, headers=bearer(good))).status_code == 200
            assert (await client.get(ORDER, headers=bearer(foreign))).status_code == 401
            lacking = await client.get("/v1/stock", headers=bearer(good))
            assert lacking.status_code == 403

    assert [asked.header("authorization") for asked in service.asked] == [[f"Bearer {good}"]]


async def test_it_is_ready_without_the_keys_of_an_issuer_that_is_reached_through_it(
    open_checked: OpenChecked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a Service would send it nothing, and nobody could read the keys."""
    settings = {"access": "http://127.0.0.1:1/", "access_audience": "shop"}
    async with open_checked(**settings) as client:
        assert (await client.get("/health/ready")).status_code == 503
        monkeypatch.setattr("waybill.http.issuer_keys.SERVES_WITHOUT_AFTER", timedelta())
        assert (await client.get("/health/ready")).status_code == 200


async def test_it_waits_for_the_keys_of_the_issuer_at_first(
    open_checked: OpenChecked,
) -> None:
    settings = {"access": "http://127.0.0.1:1/", "access_audience": "shop"}
    async with open_checked(**settings) as client:
        assert (await client.get(ORDER, headers=bearer("a.b.c"))).status_code == 401
        response = await client.get("/health/ready")

    assert response.status_code == 503
    assert "issuer keys" in response.text


def test_a_head_of_64_kilobytes_is_refused(open_gateway: Open) -> None:
    filler = b"x-filler: " + b"x" * 66_000
    head = b"GET /v1/orders HTTP/1.1\r\nhost: localhost\r\n" + filler
    [reply] = exchange(open_gateway(), head + b"\r\n\r\n")

    assert (reply.status, reply.problem) == (431, "head-too-large")


def test_a_request_with_two_lengths_is_refused(open_gateway: Open) -> None:
    head = b"POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n"
    [reply] = exchange(open_gateway(), head + b"content-length: 4\r\n\r\n0\r\n\r\n")

    assert (reply.status, reply.problem) == (400, "malformed-request")


async def test_the_target_of_a_request_cannot_select_another_server(
    open_gateway: Open, service: FakeHttpService
) -> None:
    address = open_gateway()
    for target in (b"http://127.0.0.1:1/v1/orders", b"//127.0.0.1:1/v1/orders", b"@127.0.0.1:1"):
        head = b"GET " + target + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        [reply] = await asyncio.to_thread(exchange, address, head)
        assert reply.status in {200, 400, 404}

    assert all(asked.target.startswith("/v1/orders") for asked in service.asked)
