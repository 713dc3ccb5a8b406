"""The endpoints of OAuth over HTTP, with requests of attackers too."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import jwt
import pytest
import pytest_asyncio

from identity.clients import write_client
from identity.domain import Client
from identity.settings import IdentitySettings
from identity.testing.people import REDIRECT_URI, SCOPES, SECRET, VERIFIER, LoggedIn, People
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.postgres import Database

SERVICE = {"grant_type": "client_credentials"}
BASIC = ("shop", SECRET)


@pytest_asyncio.fixture
async def people(its_database: Database, vault: Vault) -> People:
    return People(its_database, vault, SystemClock().now())


@pytest_asyncio.fixture(autouse=True)
async def shop(people: People) -> Client:
    return await people.client()


@pytest_asyncio.fixture
async def session(people: People) -> LoggedIn:
    return await people.session()


@pytest_asyncio.fixture
async def http(stranger: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    yield stranger


async def token(http: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await http.post("/oauth/token", data=fields, auth=BASIC)


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


async def claims_of(http: httpx.AsyncClient, signed: str, audience: str) -> dict[str, Any]:
    """Verify a token with another implementation, with the published keys."""
    keys = jwt.PyJWKSet.from_dict((await http.get("/oauth/jwks")).json())
    header = jwt.get_unverified_header(signed)
    claims: dict[str, Any] = jwt.decode(
        signed, keys[header["kid"]], algorithms=[header["alg"]], audience=audience
    )
    return {**claims, "typ": header["typ"], "alg": header["alg"]}


async def test_a_service_gets_a_token_of_its_own_kind(
    http: httpx.AsyncClient, shop: Client, settings: IdentitySettings
) -> None:
    answer = await token(http, **SERVICE, scope="orders:read")

    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "orders:read")
    claims = await claims_of(http, body["access_token"], "waybill")
    assert (claims["typ"], claims["alg"]) == ("at+jwt", "ES256")
    assert (claims["iss"], claims["client_id"]) == (settings.public_url, "shop")
    assert claims["exp"] - claims["iat"] == 300
    kind, _, service_id = claims["sub"].partition(":")
    assert (kind, str(UUID(service_id))) == ("service", service_id)


async def test_a_client_with_the_ids_of_a_user_is_not_that_user(
    http: httpx.AsyncClient, people: People, session: LoggedIn
) -> None:
    user = f"user:{session.user_id}"
    client = replace(await people.client(user), service_id=session.user_id)
    async with people.database.transaction() as tx:
        await tx.execute("delete from clients where client_id = $1", user)
        await write_client(tx, client, created_by="user:administrator", now=people.now)

    answer = await http.post("/oauth/token", data=SERVICE, auth=(quote(user, safe=""), SECRET))

    claims = await claims_of(http, answer.json()["access_token"], "waybill")
    assert claims["sub"] == f"service:{session.user_id}"
    assert not {"user_id", "customer_ref", "sid"} & claims.keys()


async def test_credentials_in_the_body_are_accepted_and_in_both_places_refused(
    http: httpx.AsyncClient,
) -> None:
    fields = {**SERVICE, "client_id": "shop", "client_secret": SECRET}

    assert (await http.post("/oauth/token", data=fields)).status_code == 200
    both = await http.post("/oauth/token", data=fields, auth=BASIC)
    assert error(both) == (400, "invalid_request")


@pytest.mark.parametrize("auth", [("shop", "wrong"), ("nobody", SECRET), ("shop", "")])
async def test_a_wrong_client_is_refused_without_telling_what_is_wrong(
    http: httpx.AsyncClient, auth: tuple[str, str]
) -> None:
    refused = await http.post("/oauth/token", data=SERVICE, auth=auth)

    assert error(refused) == (401, "invalid_client")
    assert refused.headers["www-authenticate"].startswith("Basic")
    expected = "The client is not known, or its secret is wrong."
    assert refused.json()["error_description"] == expected


async def test_a_secret_in_the_address_is_refused(http: httpx.AsyncClient) -> None:
    refused = await http.post(f"/oauth/token?client_id=shop&client_secret={SECRET}", data=SERVICE)
    assert error(refused) == (400, "invalid_request")


async def test_other_forms_of_a_request_are_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/oauth/token")).status_code == 405
    as_json = await http.post("/oauth/token", json=SERVICE, auth=BASIC)
    assert error(as_json) == (400, "invalid_request")
    twice = await http.post(
        "/oauth/token",
        content="grant_type=client_credentials&grant_type=client_credentials",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        auth=BASIC,
    )
    assert error(twice) == (400, "invalid_request")


@pytest.mark.parametrize("grant_type", ["password", "implicit", "none"])
async def test_other_grants_are_refused(http: httpx.AsyncClient, grant_type: str) -> None:
    refused = await token(http, grant_type=grant_type, username="alice")
    assert error(refused) == (400, "unsupported_grant_type")


async def test_a_scope_that_the_client_lacks_is_refused(http: httpx.AsyncClient) -> None:
    refused = await token(http, **SERVICE, scope="orders:read identity:admin")
    assert error(refused) == (400, "invalid_scope")


async def test_a_code_gives_tokens_of_its_user(
    http: httpx.AsyncClient, people: People, session: LoggedIn
) -> None:
    fields = {
        "grant_type": "authorization_code",
        "code": await people.code(session),
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    answer = (await token(http, **fields)).json()

    access = await claims_of(http, answer["access_token"], "waybill")
    assert access["sub"] == f"user:{session.user_id}"
    assert (access["user_id"], access["sid"]) == (str(session.user_id), str(session.session_id))
    assert access["customer_ref"].startswith("cus_")
    assert access["acr"] == "pwd"
    assert frozenset(access["scope"].split()) == SCOPES
    identity = await claims_of(http, answer["id_token"], "shop")
    assert (identity["typ"], identity["alg"]) == ("JWT", "RS256")
    assert (identity["nonce"], identity["sub"]) == ("n-0S6", access["sub"])
    refreshed = await token(http, grant_type="refresh_token", refresh_token=answer["refresh_token"])
    assert refreshed.json()["refresh_token"] != answer["refresh_token"]


@pytest.mark.parametrize("missing", ["code", "redirect_uri", "code_verifier"])
async def test_a_code_without_proof_is_refused(
    http: httpx.AsyncClient, people: People, session: LoggedIn, missing: str
) -> None:
    fields = {
        "grant_type": "authorization_code",
        "code": await people.code(session),
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    del fields[missing]
    assert error(await token(http, **fields)) == (400, "invalid_request")


async def test_a_public_client_names_itself_and_gets_nothing_for_itself(
    http: httpx.AsyncClient, people: People, session: LoggedIn
) -> None:
    await people.client("app", secret=None)
    fields = {
        "grant_type": "authorization_code",
        "code": await people.code(session, "app"),
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_id": "app",
    }
    assert (await http.post("/oauth/token", data=fields)).status_code == 200
    alone = await http.post("/oauth/token", data={**SERVICE, "client_id": "app"})
    assert error(alone) == (400, "unauthorized_client")


async def test_a_revoked_token_and_its_successors_are_refused(
    http: httpx.AsyncClient, people: People, session: LoggedIn
) -> None:
    first = await people.refresh_token(session)
    answer = await token(http, grant_type="refresh_token", refresh_token=first)
    second = answer.json()["refresh_token"]

    revoked = await http.post("/oauth/revoke", data={"token": second}, auth=BASIC)
    unknown = await http.post("/oauth/revoke", data={"token": "unknown"}, auth=BASIC)

    assert (revoked.status_code, unknown.status_code) == (200, 200)
    for each in (first, second):
        refused = await token(http, grant_type="refresh_token", refresh_token=each)
        assert error(refused) == (400, "invalid_grant")


async def test_a_client_cannot_revoke_the_token_of_another(
    http: httpx.AsyncClient, people: People, session: LoggedIn
) -> None:
    await people.client("other")
    theirs = await people.refresh_token(session)

    await http.post("/oauth/revoke", data={"token": theirs}, auth=("other", SECRET))

    answer = await token(http, grant_type="refresh_token", refresh_token=theirs)
    assert answer.status_code == 200


async def test_introspection_tells_a_client_about_its_own_tokens_only(
    http: httpx.AsyncClient, people: People, session: LoggedIn
) -> None:
    await people.client("other")
    await people.client("app", secret=None)
    access = (await token(http, **SERVICE)).json()["access_token"]
    refresh = await people.refresh_token(session)

    for each in (access, refresh):
        fields = {"token": each}
        own = await http.post("/oauth/introspect", data=fields, auth=BASIC)
        assert (own.json()["active"], own.json()["client_id"]) == (True, "shop")
        foreign = await http.post("/oauth/introspect", data=fields, auth=("other", SECRET))
        assert foreign.json() == {"active": False}
        wrong = await http.post("/oauth/introspect", data=fields, auth=("shop", "wrong"))
        nobody = await http.post("/oauth/introspect", data=fields)
        assert error(wrong) == error(nobody) == (401, "invalid_client")
        public = await http.post("/oauth/introspect", data={**fields, "client_id": "app"})
        assert error(public) == (401, "invalid_client")
    changed = access[:-2] + ("A" if access[-2] != "A" else "B") + access[-1]
    for invalid in (changed, "unknown", "a.b.c"):
        found = await http.post("/oauth/introspect", data={"token": invalid}, auth=BASIC)
        assert found.json() == {"active": False}
