"""Attacks that every operation of every contract has to withstand, and some on who the caller is.

Each service's operations are served in this process, by handlers that fail the test when one is
reached.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import aiohttp
import httpx
import pytest

from waybill.clock import SystemClock
from waybill.http import Answer, Call, Operation, mount
from waybill.http.access import Grant, TokenFile
from waybill.http.application import Application
from waybill.http.issuer_keys import IssuerKeys
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_issuer import FakeIssuer, fake_issuer

ROOT: Final = Path(__file__).parents[2]
TOKEN: Final = "the-token-of-a-caller-with-some-scopes"  # noqa: S105 - of a test
ALL: Final[list[Operation]] = [
    operation
    for path in sorted((ROOT / "services").glob("*/src/*/contract/api.py"))
    for operation in import_module(f"{path.parents[1].name}.contract.api").OPERATIONS
]
GUARDED: Final = [each for each in ALL if each.scopes is not None]


ORDER_ID: Final = "019a9f6e-0000-7000-8000-000000000001"
ORDER: Final = "/v1/orders/1"


@dataclass(frozen=True, slots=True)
class Caller200(Answer):
    """Says who called what."""

    status: ClassVar[int] = 200
    body: dict[str, str]


def operation(method: Literal["GET", "DELETE"], scope: str) -> Operation:
    name = f"{method.lower()}_order"
    return Operation(id=name, method=method, path=ORDER, scopes=(scope,), answers=(Caller200,))


SMALL: Final = (operation("GET", "orders:read"), operation("DELETE", "orders:write"))


class SmallApi:
    async def get_order(self, call: Call) -> Caller200:
        return Caller200({"caller": call.principal.subject, "operation": "get"})

    async def delete_order(self, call: Call) -> Caller200:
        return Caller200({"caller": call.principal.subject, "operation": "delete"})


class Reached:
    """An API whose handlers are reached by an attack that succeeds."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def handler(*_: object, **__: object) -> object:
            raise AssertionError(f"{name} was reached")

        return handler


def tokens(*scopes: str) -> TokenFile:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    claims = {each.owner.field: ORDER_ID for each in ALL if each.owner}
    return TokenFile({digest: Grant("user:alice", list(scopes), claims)})


@asynccontextmanager
async def client(*scopes: str) -> AsyncIterator[httpx.AsyncClient]:
    app = Application("all")
    mount(app.router, Reached(), ALL, tokens(*scopes))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://all.test") as opened:
        yield opened


async def ask(
    opened: httpx.AsyncClient,
    operation: Operation,
    *,
    query: str = "",
    body: object = None,
    token: str | None = None,
) -> httpx.Response:
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace(f"{{{parameter.name}}}", ORDER_ID)
    headers = {"Idempotency-Key": "attack", **({"Authorization": token} if token else {})}
    sent = (body or {}) if operation.body else None
    return await opened.request(operation.method, path + query, headers=headers, json=sent)


def test_there_are_operations_to_attack() -> None:
    assert len(GUARDED) > 10
    parts = {part for each in ALL for part in each.path.split("/")}
    assert parts >= {"orders", "payments", "products", "stock", "users"}


@pytest.mark.parametrize("operation", GUARDED, ids=lambda each: each.id)
async def test_operation_is_refused_without_a_token(operation: Operation) -> None:
    async with client() as opened:
        for token in (None, "Bearer", "Bearer unknown", f"Basic {TOKEN}", TOKEN):
            refused = await ask(opened, operation, token=token)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("operation", GUARDED, ids=lambda each: each.id)
async def test_operation_is_refused_without_its_scope(operation: Operation) -> None:
    others = {scope for each in GUARDED for scope in each.scopes or ()} - set(
        operation.scopes or ()
    )
    async with client(*others) as opened:
        refused = await ask(opened, operation, token=f"Bearer {TOKEN}")
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize("operation", GUARDED, ids=lambda each: each.id)
async def test_token_is_accepted_in_the_header_only(operation: Operation) -> None:
    async with client(*(operation.scopes or ())) as opened:
        query = await ask(opened, operation, query=f"?access_token={TOKEN}")
        body = await ask(opened, operation, body={"access_token": TOKEN})
        opened.cookies.set("access_token", TOKEN)
        cookie = await ask(opened, operation)
    assert {query.status_code, body.status_code, cookie.status_code} == {401}


@pytest.mark.parametrize(
    "operation", [each for each in ALL if each.body and not each.form], ids=lambda each: each.id
)
async def test_unknown_field_is_refused(operation: Operation) -> None:
    async with client(*(operation.scopes or ())) as opened:
        refused = await ask(opened, operation, body={"is_admin": True}, token=f"Bearer {TOKEN}")
    assert refused.status_code == 422
    faults = {(each["pointer"], each["code"]) for each in refused.json()["errors"]}
    assert ("/is_admin", "extra_forbidden") in faults


@pytest.mark.parametrize(
    "operation",
    [each for each in ALL if any(one.name == "limit" for one in each.parameters)],
    ids=lambda each: each.id,
)
async def test_page_that_is_too_large_is_refused(operation: Operation) -> None:
    async with client(*(operation.scopes or ())) as opened:
        refused = await ask(opened, operation, query="?limit=1000000000", token=f"Bearer {TOKEN}")
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/query/limit"]


@pytest.fixture
async def small() -> AsyncIterator[httpx.AsyncClient]:
    """Serve a small contract, for a caller that may read."""
    app = Application("orders")
    mount(app.router, SmallApi(), SMALL, tokens("orders:read"))
    transport = httpx.ASGITransport(app, client=("10.9.8.7", 1))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://orders.test", headers=headers
    ) as opened:
        yield opened


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_header_does_not_replace_the_method(small: httpx.AsyncClient, name: str) -> None:
    got = await small.get(ORDER, headers={name: "DELETE"})
    assert (got.status_code, got.json()["operation"]) == (200, "get")
    refused = await small.delete(ORDER, headers={name: "GET"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        *("X-User", "X-User-Id", "X-Forwarded-User", "X-Authenticated-Userid", "X-Remote-User"),
        *("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Original-URL", "X-Client-Cert"),
    ],
)
async def test_caller_is_known_by_its_token_whatever_other_headers_say(
    small: httpx.AsyncClient, name: str
) -> None:
    got = await small.get(ORDER, headers={name: "user:admin"})
    assert got.json()["caller"] == "user:alice"
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    refused = await small.delete(ORDER, headers={name: "user:admin", "traceparent": trace})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest",
        "http://issuer.example/keys",
        "file:///etc/passwd",
        "ftp://x",
    ],
)
async def test_keys_are_not_fetched_from_an_address_that_others_control(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []
    get = aiohttp.ClientSession.get

    def watch(self: aiohttp.ClientSession, url: str, **other: Any) -> object:
        asked.append(url)
        return get(self, url, **other)

    monkeypatch.setattr(aiohttp.ClientSession, "get", watch)

    async def logged() -> str:
        return caplog.text

    clock = SystemClock()
    with fake_issuer("waybill", clock.now()) as issuer:
        metadata = {"issuer": issuer.name, "jwks_uri": address}
        monkeypatch.setattr(FakeIssuer, "answer", lambda *_: metadata)
        keys, stop = IssuerKeys(issuer.name, clock), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(keys.run(stop))
            await eventually("a failed read", logged, lambda text: "keys of" in text)
            stop.set()
    assert asked
    assert address not in asked
