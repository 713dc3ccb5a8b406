"""An API key in place of a token: the gateway exchanges it at identity."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import orjson
import pytest
from services.gateway.tests.tokens import bearer

from gateway.api_keys import REFUSED_SECONDS, RENEWED_BEFORE_SECONDS, ApiKeys
from gateway.contract.identity_client import IdentityClient
from waybill.api_keys import new_api_key
from waybill.calls import Directory
from waybill.clock import SystemClock
from waybill.http.problems import ProblemError
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService
from waybill_toolkit.testing.fake_issuer import FakeIssuer, fake_issuer

if TYPE_CHECKING:
    from services.gateway.tests.conftest import OpenChecked

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
SECONDS: Final = 300


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with fake_issuer("shop", SystemClock().now()) as issuer:
        yield issuer


class Identity(FakeHttpService):
    """Knows one API key."""

    def __init__(self, token: str) -> None:
        super().__init__(self._exchange)
        self.key = new_api_key(uuid4()).text
        self.token = token

    async def _exchange(self, exchange: Exchange) -> None:
        asked = orjson.loads(await exchange.read_body())
        status, kind = 200, "application/json"
        body = {"access_token": self.token, "token_type": "Bearer", "scope": "orders:read"}
        answer: dict[str, object] = {**body, "expires_in": SECONDS}
        if asked["api_key"] != self.key:
            status, kind = 401, "application/problem+json"
            answer = {"type": "urn:waybill:problem:invalid-api-key", "detail": "It is not valid."}
        content = orjson.dumps(answer)
        head = f"content-type: {kind}\r\ncontent-length: {len(content)}\r\ncache-control: no-store"
        await exchange.write(f"HTTP/1.1 {status} X\r\n{head}\r\n\r\n".encode() + content)


async def test_a_key_is_exchanged_once_and_services_get_the_token(
    open_checked: OpenChecked, service: FakeHttpService, issuer: FakeIssuer
) -> None:
    async with Identity(issuer.token()) as identity:
        client = open_checked(
            access=issuer.name,
            access_audience="shop",
            upstreams={"identity": identity.address},
        )
        async with client:
            first = await asyncio.gather(
                *(client.get(ORDER, headers=bearer(identity.key)) for _ in range(8))
            )
            lacking = await client.get("/v1/stock", headers=bearer(identity.key))
            await identity.stop()
            later = await client.get(ORDER, headers=bearer(identity.key))

    assert {each.status_code for each in (*first, later)} == {200}
    assert lacking.status_code == 403
    assert [each.target for each in identity.asked] == ["/v1/api-key-tokens"]
    assert {*map(tuple, (each.header("authorization") for each in service.asked))} == {
        (f"Bearer {identity.token}",)
    }


async def test_a_key_that_is_not_valid_is_refused_and_asked_about_once(
    open_checked: OpenChecked, service: FakeHttpService, issuer: FakeIssuer
) -> None:
    other = new_api_key(uuid4()).text
    mistyped = f"{other[:-1]}{'0' if other[-1] != '0' else '1'}"
    async with Identity(issuer.token()) as identity:
        client = open_checked(
            access=issuer.name,
            access_audience="shop",
            upstreams={"identity": identity.address},
        )
        async with client:
            refused = [
                await client.get(ORDER, headers=bearer(key))
                for key in (other, other, mistyped, "wbk_", f"{other}{other}")
            ]

    assert {each.status_code for each in refused} == {401}
    assert {each.json()["detail"] for each in refused} == {"The API key is not valid."}
    assert {each.headers["www-authenticate"] for each in refused} == {
        'Bearer error="invalid_token"'
    }
    assert len(identity.asked) == 1
    assert service.asked == []


async def test_guesses_of_keys_are_limited_by_address(
    open_checked: OpenChecked, issuer: FakeIssuer
) -> None:
    async with Identity(issuer.token()) as identity:
        client = open_checked(
            access=issuer.name,
            access_audience="shop",
            upstreams={"identity": identity.address},
            rate_limit_factor=0.02,
        )
        async with client:
            guesses = [
                await client.get(ORDER, headers=bearer(new_api_key(uuid4()).text)) for _ in range(4)
            ]
            known = await client.get(ORDER, headers=bearer(identity.key))

    assert [each.status_code for each in guesses] == [401, 401, 429, 429]
    assert known.status_code == 200


async def test_identity_is_named_when_a_key_cannot_be_exchanged(
    open_checked: OpenChecked, service: FakeHttpService, issuer: FakeIssuer
) -> None:
    async with Identity(issuer.token()) as identity:
        pass
    client = open_checked(
        access=issuer.name, access_audience="shop", upstreams={"identity": identity.address}
    )
    async with client:
        away = await client.get(ORDER, headers=bearer(identity.key))
        token = await client.get(ORDER, headers=bearer(issuer.token()))

    assert (away.status_code, away.headers["retry-after"]) == (503, "1")
    assert away.json()["detail"] == "identity is unavailable; try again shortly."
    assert token.status_code == 200
    assert len(service.asked) == 1


class Time:
    now = 0.0

    def read(self) -> float:
        return self.now


async def test_a_token_is_renewed_before_it_expires_and_used_longer_without_identity() -> None:
    time = Time()
    async with Identity("first") as identity:
        directory = Directory({"identity": identity.address})
        keys = ApiKeys(IdentityClient(directory.client("identity")), time.read)
        given = f"Bearer {identity.key}"
        assert await keys.exchange(given) == "Bearer first"

        identity.token = "second"  # noqa: S105 - of a test
        time.now = SECONDS - RENEWED_BEFORE_SECONDS - 1
        assert await keys.exchange(given) == "Bearer first"
        time.now += 1
        assert await keys.exchange(given) == "Bearer second"

        await identity.stop()
        time.now += SECONDS - 1
        assert await keys.exchange(given) == "Bearer second"
        time.now += 1
        with pytest.raises(ProblemError) as away:
            await keys.exchange(given)
    await directory.close()

    assert away.value.problem.status == 503


async def test_a_refused_key_is_asked_about_again_later() -> None:
    time = Time()
    async with Identity("first") as identity:
        directory = Directory({"identity": identity.address})
        keys = ApiKeys(IdentityClient(directory.client("identity")), time.read)
        new = new_api_key(uuid4()).text
        with pytest.raises(ProblemError):
            await keys.exchange(f"Bearer {new}")

        identity.key = new
        time.now = REFUSED_SECONDS
        assert await keys.exchange(f"Bearer {new}") == "Bearer first"
    await directory.close()


@pytest.mark.parametrize("header", ["Bearer eyJ.wbk_.x", "Basic wbk_", "Bearer", "wbk_1", ""])
async def test_another_header_is_left_as_it_is(header: str) -> None:
    directory = Directory({"identity": "http://127.0.0.1:1"})
    keys = ApiKeys(IdentityClient(directory.client("identity")))

    assert await keys.exchange(header) is header
    await directory.close()
