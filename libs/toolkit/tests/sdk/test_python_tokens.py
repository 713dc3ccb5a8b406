"""The access tokens of the Python client: a provider, and client credentials."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.contracts.sdk.commands import write
from waybill_toolkit.contracts.sdk.guarded_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    GuardedApi,
    TokenRequest,
    guarded_api,
)
from waybill_toolkit.contracts.sdk.options import PackageOptions
from waybill_toolkit.contracts.sdk.orders_api import ORDER_ID
from waybill_toolkit.contracts.sdk.reading import read_public_contract

ROOT: Final = Path(__file__).parents[4]
MODULE: Final = "waybill_with_tokens"
MANY: Final = 20
FORM: Final = {"grant_type": "client_credentials"}

Calls = Callable[..., Awaitable[list[Any]]]
"""Calls an operation with a client that has these options, at once or one after another."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = tmp_path_factory.mktemp("made")
    contract = read_public_contract(Repository(ROOT))
    write("python", contract, made, PackageOptions(module=MODULE))
    sys.path.insert(0, str(made / "src"))
    yield import_module(MODULE)
    sys.path.remove(str(made / "src"))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardedApi]:
    monkeypatch.setenv("WAYBILL_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("WAYBILL_CLIENT_SECRET", CLIENT_SECRET)
    with guarded_api() as api:
        yield api


@pytest.fixture(params=["sync", "async"])
def waybill(request: pytest.FixtureRequest, package: Any, api: GuardedApi) -> Callable[..., Any]:
    """Makes a function that calls the API `count` times at once and returns the orders."""
    once = package.Retries(delay_seconds=0.0)

    def sync(**options: Any) -> Calls:
        client = package.Client(api.address, retries=once, **options)

        async def call(count: int = 1) -> list[Any]:
            with ThreadPoolExecutor(count) as threads:
                asked = [threads.submit(client.orders.get_order, ORDER_ID) for _ in range(count)]
                return [await asyncio.wrap_future(each) for each in asked]

        return call

    def concurrent(**options: Any) -> Calls:
        client = package.AsyncClient(api.address, retries=once, **options)

        async def call(count: int = 1) -> list[Any]:
            return await asyncio.gather(
                *(client.orders.get_order(ORDER_ID) for _ in range(count)), return_exceptions=False
            )

        return call

    return sync if request.param == "sync" else concurrent


async def test_one_token_is_fetched_when_many_calls_begin_at_once(
    waybill: Callable[..., Calls], api: GuardedApi
) -> None:
    api.holds_first = True
    call = waybill()

    orders = await call(MANY)
    await call()

    assert [each.status for each in orders] == ["confirmed"] * MANY
    assert api.asked == [TokenRequest("/oauth/token", FORM, (CLIENT_ID, CLIENT_SECRET))]
    assert api.used == ["token-1"] * (MANY + 1)


async def test_one_token_is_fetched_when_many_calls_are_refused(
    waybill: Callable[..., Calls], api: GuardedApi
) -> None:
    call = waybill()
    await call()
    api.revoke()

    await call(MANY)

    assert len(api.asked) == 2
    assert api.valid == api.used[-1] == "token-2"


async def test_a_call_fails_when_the_second_token_is_refused_too(
    waybill: Callable[..., Calls], api: GuardedApi, package: Any
) -> None:
    api.answer.is_accepted = False

    with pytest.raises(package.errors.Unauthenticated):
        await waybill()()

    assert api.used == ["token-1", "token-2"]


@pytest.mark.parametrize(("expires_in", "fetches"), [(0, 2), (10, 2), (300, 1), (None, 1)])
async def test_a_token_is_fetched_anew_shortly_before_it_expires(
    waybill: Callable[..., Calls], api: GuardedApi, expires_in: int | None, fetches: int
) -> None:
    api.answer.expires_in = expires_in
    call = waybill()

    await call()
    await call()

    assert len(api.asked) == fetches
    assert api.used == ["token-1", f"token-{fetches}"]


async def test_an_error_of_the_token_endpoint_is_an_own_error_without_the_secret(
    waybill: Callable[..., Calls], api: GuardedApi, package: Any, caplog: pytest.LogCaptureFixture
) -> None:
    description = f"unknown: {CLIENT_SECRET}"
    api.answer.status = 401
    api.answer.body = {"error": "invalid_client", "error_description": description}

    with (
        caplog.at_level(logging.DEBUG, MODULE),
        pytest.raises(package.errors.TokenError) as failed,
    ):
        await waybill()()

    error = failed.value
    assert (error.code, error.status, error.attempts) == ("invalid_client", None, 1)
    assert f"{api.address}/oauth/token: status 401, invalid_client, unknown: ***" in str(error)
    assert CLIENT_SECRET not in f"{error!r} {vars(error)} {caplog.text}"
    assert api.used == []


async def test_a_call_is_retried_when_the_token_endpoint_is_unavailable(
    waybill: Callable[..., Calls], api: GuardedApi
) -> None:
    api.answer.temporary_failures = 2

    await waybill()()

    assert (len(api.asked), api.used) == (3, ["token-3"])


async def test_the_token_endpoint_has_no_answer_when_nobody_listens(
    waybill: Callable[..., Calls], package: Any
) -> None:
    address = "http://127.0.0.1:9/token"
    call = waybill(token=package.ClientCredentials("shop", CLIENT_SECRET, token_url=address))

    with pytest.raises(package.errors.TokenError, match="no access token: http"):
        await call()


@pytest.mark.parametrize("body", [{"access_token": None}, {"token_type": "DPoP"}])
async def test_an_answer_without_a_bearer_token_is_an_error(
    waybill: Callable[..., Calls], api: GuardedApi, package: Any, body: dict[str, Any]
) -> None:
    api.answer.body = body

    with pytest.raises(package.errors.TokenError, match="the response has no bearer token"):
        await waybill()()


async def test_scope_and_token_endpoint_are_those_that_are_given(
    waybill: Callable[..., Calls], api: GuardedApi, package: Any
) -> None:
    endpoint = f"{api.address}/realms/shop/token"

    await waybill(token=package.ClientCredentials("shop", "s", "orders:read a", endpoint))()

    form = {**FORM, "scope": "orders:read a"}
    assert api.asked == [TokenRequest("/realms/shop/token", form, ("shop", "s"))]


async def test_a_provider_is_asked_again_once_when_its_token_is_refused(
    api: GuardedApi, package: Any
) -> None:
    api.valid = "new"
    asked: list[str | None] = []

    def provider(refused: str | None) -> str:
        asked.append(refused)
        return "new" if refused else "old"

    async def awaited(refused: str | None) -> str:
        return provider(refused)

    package.Client(api.address, token=provider).orders.get_order(ORDER_ID)
    await package.AsyncClient(api.address, token=awaited).orders.get_order(ORDER_ID)

    assert asked == [None, "old"] * 2
    assert api.used == ["old", "new"] * 2


@pytest.mark.parametrize("token", ["s\nX: 1", "sé"])
async def test_a_provided_token_that_cannot_be_sent_is_refused_without_its_text(
    api: GuardedApi, package: Any, token: str
) -> None:
    client = package.Client(api.address, token=lambda _: token)

    with pytest.raises(ValueError, match="the token has a character that a header cannot have"):
        client.orders.get_order(ORDER_ID)

    assert api.used == []


def test_the_own_authorization_of_a_call_is_kept(api: GuardedApi, package: Any) -> None:
    api.valid = "mine"
    options = package.CallOptions(headers={"Authorization": "Bearer mine"})

    package.Client(api.address).orders.get_order(ORDER_ID, options=options)

    assert (api.used, api.asked) == (["mine"], [])


@pytest.mark.parametrize("missing", ["WAYBILL_CLIENT_ID", "WAYBILL_CLIENT_SECRET"])
def test_half_of_the_credentials_is_refused_when_they_come_from_the_environment(
    api: GuardedApi, package: Any, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(ValueError, match="set both WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET"):
        package.Client(api.address)


def test_a_token_of_the_environment_is_preferred_to_credentials(
    api: GuardedApi, package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYBILL_TOKEN", "mine")
    api.valid = "mine"

    package.Client(api.address).orders.get_order(ORDER_ID)

    assert (api.used, api.asked) == (["mine"], [])


def test_the_text_of_credentials_and_tokens_has_no_secret(package: Any) -> None:
    credentials = package.ClientCredentials("shop", CLIENT_SECRET)

    assert CLIENT_SECRET not in f"{credentials} {package.AccessToken(CLIENT_SECRET)}"
    with pytest.raises(ValueError, match="have a client_id and a client_secret"):
        package.ClientCredentials("shop", "")
