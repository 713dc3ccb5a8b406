"""Authlib, as an application of others uses it, gets tokens in every way that identity has."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request
from tests.e2e.oauth_setting import (
    REDIRECT_URI,
    SCOPES,
    Account,
    UserAtBrowser,
    application,
    register,
)

from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import GATEWAY

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def gateway(guarded_platform: Platform) -> str:
    return guarded_platform.addresses[GATEWAY]


@pytest.fixture(scope="module")
def metadata(gateway: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{gateway}/.well-known/openid-configuration").json()
    return found


@pytest.fixture(scope="module")
def shop(guarded_platform: Platform) -> Account:
    return application(guarded_platform, "With Authlib")


@pytest.fixture(scope="module")
def service(guarded_platform: Platform) -> Account:
    return register(guarded_platform, "Importer", scopes=["orders:read", "orders:any"])


@pytest.fixture
def alice(gateway: str) -> Iterator[UserAtBrowser]:
    with UserAtBrowser(gateway, "alice") as alice:
        yield alice


async def logged_in(
    gateway: str, alice: UserAtBrowser, account: Account | None, redirect_uri: str
) -> dict[str, Any]:
    """Log alice in as the framework clients of Authlib do; without an account as Swagger UI."""
    oauth = OAuth()
    oauth.register(
        "waybill",
        client_id=account.client_id if account else "swagger-ui",
        client_secret=account.client_secret if account else None,
        server_metadata_url=f"{gateway}/.well-known/openid-configuration",
        client_kwargs={
            "scope": " ".join(SCOPES),
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic" if account else "none",
        },
    )
    session: dict[str, Any] = {}
    leading = await oauth.waybill.authorize_redirect(_request(session), redirect_uri)
    back = urlsplit(alice.open(leading.headers["location"]))
    assert parse_qs(back.query)["iss"] == [gateway]
    token: dict[str, Any] = await oauth.waybill.authorize_access_token(
        _request(session, back.query)
    )
    return token


def _request(session: dict[str, Any], query: str = "") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/callback",
            "query_string": query.encode(),
            "headers": [],
            "session": session,
        }
    )


def client_of(account: Account, token: dict[str, Any] | None = None) -> OAuth2Client:
    return OAuth2Client(account.client_id, account.client_secret, token=token, timeout=30)


def error_of(call: Callable[[], object]) -> str:
    with pytest.raises(OAuthError) as raised:
        call()
    found: str = raised.value.error
    return found


async def test_an_application_logs_a_user_in_and_calls_the_api(
    gateway: str, alice: UserAtBrowser, shop: Account
) -> None:
    token = await logged_in(gateway, alice, shop, REDIRECT_URI)

    assert token["userinfo"]["iss"] == gateway
    assert token["userinfo"]["sub"].startswith("user:")
    assert set(token["scope"].split()) == set(SCOPES)
    with client_of(shop, token) as client:
        assert client.get(f"{gateway}/v1/orders").status_code == 200
        assert client.get(f"{gateway}/oauth/userinfo").json()["sub"] == token["userinfo"]["sub"]


async def test_an_application_without_secret_logs_a_user_in(
    gateway: str, alice: UserAtBrowser
) -> None:
    token = await logged_in(gateway, alice, None, f"{gateway}/docs/oauth2-redirect")

    with OAuth2Client("swagger-ui", token=token) as client:
        assert client.get(f"{gateway}/v1/orders").status_code == 200
    assert "refresh_token" not in token


async def test_each_refresh_gives_another_token_and_a_replay_ends_the_authorization(
    gateway: str, metadata: dict[str, Any], alice: UserAtBrowser, shop: Account
) -> None:
    first = (await logged_in(gateway, alice, shop, REDIRECT_URI))["refresh_token"]
    url = metadata["token_endpoint"]

    with client_of(shop) as client:
        second = client.refresh_token(url, refresh_token=first)
        assert client.get(f"{gateway}/v1/orders").status_code == 200
        third = client.refresh_token(url, refresh_token=second["refresh_token"])

        assert len({first, second["refresh_token"], third["refresh_token"]}) == 3
        errors = [
            error_of(partial(client.refresh_token, url, refresh_token=each))
            for each in (first, third["refresh_token"])
        ]
    assert errors == ["invalid_grant", "invalid_grant"]


def test_a_service_gets_tokens_for_itself(
    gateway: str, metadata: dict[str, Any], service: Account
) -> None:
    with client_of(service) as client:
        token = client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")

        assert token["scope"] == "orders:any orders:read"
        assert client.get(f"{gateway}/v1/orders").status_code == 200


def test_an_application_of_users_gets_no_tokens_for_itself(
    metadata: dict[str, Any], shop: Account
) -> None:
    with client_of(shop) as client:
        url = metadata["token_endpoint"]
        refused = error_of(lambda: client.fetch_token(url, grant_type="client_credentials"))
    assert refused == "unauthorized_client"


def test_a_device_gets_tokens_when_its_user_permits_it(
    gateway: str, metadata: dict[str, Any], alice: UserAtBrowser, shop: Account
) -> None:
    with client_of(shop) as client:
        asked = client.request(
            "POST",
            metadata["device_authorization_endpoint"],
            data={"scope": "orders:read"},
            auth=client.client_auth(client.token_endpoint_auth_method),
            withhold_token=True,
        ).json()

        def poll() -> dict[str, Any]:
            token: dict[str, Any] = client.fetch_token(
                metadata["token_endpoint"],
                grant_type=DEVICE_CODE,
                device_code=asked["device_code"],
            )
            return token

        assert error_of(poll) == "authorization_pending"
        alice.open(asked["verification_uri_complete"])
        assert poll()["scope"] == "orders:read"
        assert client.get(f"{gateway}/v1/orders").status_code == 200


async def test_a_revoked_authorization_is_no_longer_active(
    gateway: str, metadata: dict[str, Any], alice: UserAtBrowser, shop: Account
) -> None:
    token = await logged_in(gateway, alice, shop, REDIRECT_URI)

    with client_of(shop) as client:

        def introspected(name: str) -> dict[str, Any]:
            url = metadata["introspection_endpoint"]
            found: dict[str, Any] = client.introspect_token(url, token[name]).json()
            return found

        before = introspected("access_token")
        assert (before["active"], before["client_id"]) == (True, shop.client_id)
        assert introspected("refresh_token")["active"]
        revoked = client.revoke_token(metadata["revocation_endpoint"], token["refresh_token"])

        assert revoked.status_code == 200
        assert introspected("refresh_token") == {"active": False}
