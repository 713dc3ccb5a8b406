"""API keys and sessions belong to their user; administrators give no more than they have."""

from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from identity.testing.people import ALICE, BOB, LoggedIn, People
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.postgres import Database
from waybill_toolkit.testing.fake_service import FakeService


@pytest_asyncio.fixture(autouse=True)
async def people(its_database: Database, vault: Vault) -> People:
    people = People(its_database, vault, SystemClock().now())
    for user_id in (ALICE, BOB):
        await people.user(user_id=user_id)
    return people


@pytest_asyncio.fixture
async def session(people: People) -> LoggedIn:
    return await people.session(ALICE)


async def create(
    client: httpx.AsyncClient, user_id: UUID = ALICE, scopes: tuple[str, ...] = ("orders:read",)
) -> httpx.Response:
    body = {"user_id": str(user_id), "name": "import", "scopes": scopes, "expires_in_days": 1}
    return await client.post("/v1/api-keys", json=body)


async def exchange(client: httpx.AsyncClient, key: str) -> httpx.Response:
    return await client.post("/v1/api-key-tokens", json={"api_key": key})


async def test_a_key_is_shown_once_and_gives_a_token_with_its_scopes(
    alice: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    created = (await create(alice)).json()
    token = await exchange(stranger, created["api_key"])

    assert token.json()["scope"] == "orders:read"
    assert token.headers["cache-control"] == "no-store"
    listed = await alice.get("/v1/api-keys")
    assert created["key_id"] in listed.text
    assert created["api_key"] not in listed.text


async def test_another_user_neither_sees_nor_revokes_nor_makes_ones_keys(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    created = (await create(alice)).json()
    path = f"/v1/api-keys/{created['key_id']}"

    assert (await create(bob, ALICE)).status_code == 403
    assert (await bob.get("/v1/api-keys", params={"user_id": str(ALICE)})).status_code == 403
    assert created["key_id"] not in (await bob.get("/v1/api-keys")).text
    theirs, none = await bob.delete(path), await bob.delete(f"/v1/api-keys/{uuid4()}")
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.json()["type"] == none.json()["type"]
    assert (await exchange(stranger, created["api_key"])).status_code == 200
    assert (await alice.delete(path)).status_code == 200
    assert (await exchange(stranger, created["api_key"])).status_code == 401


async def test_a_key_has_no_scope_that_its_creator_lacks(alice: httpx.AsyncClient) -> None:
    refused = await create(alice, scopes=("orders:read", "orders:any"))
    assert (refused.status_code, refused.json()["scope"]) == (422, "orders:any")


async def test_a_mistyped_key_is_refused(
    alice: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    key = (await create(alice)).json()["api_key"]
    for wrong in (key[:-1], f"{key}0", key.replace("wbk_", "wbx_"), "wbk_", "token"):
        assert (await exchange(stranger, wrong)).status_code == 401


async def test_keys_and_sessions_of_a_removed_user_are_refused(
    people: People,
    administrator: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    its_database: Database,
) -> None:
    gone = await people.session()
    key = (await create(administrator, gone.user_id)).json()["api_key"]
    assert (await exchange(stranger, key)).status_code == 200

    removed = await administrator.delete(f"/v1/users/{gone.user_id}")

    assert removed.status_code == 200
    assert (await exchange(stranger, key)).status_code == 401
    assert (await create(administrator, gone.user_id)).status_code == 404
    denied = (await stranger.get("/oauth/denied-sessions")).json()["sids"]
    assert str(gone.session_id) in denied
    async with its_database.connection() as connection:
        row = await connection.fetchrow("select * from users where user_id = $1", gone.user_id)
    assert row is not None
    assert (row["status"], row["email_cipher"]) == ("removed", "")


async def test_a_user_cannot_remove_another_one(bob: httpx.AsyncClient) -> None:
    assert (await bob.delete(f"/v1/users/{ALICE}")).status_code == 404


async def test_a_session_is_ended_by_its_user_only_and_an_event_says_so(
    session: LoggedIn, alice: httpx.AsyncClient, bob: httpx.AsyncClient, others: FakeService
) -> None:
    path = f"/v1/sessions/{session.session_id}"
    assert str(session.session_id) in (await alice.get("/v1/sessions")).text
    assert (await bob.delete(path)).status_code == 404
    unchanged = await bob.get("/oauth/denied-sessions")
    assert str(session.session_id) not in unchanged.json()["sids"]

    assert (await alice.delete(path)).status_code == 200

    etag = {"If-None-Match": unchanged.headers["etag"]}
    denied = await bob.get("/oauth/denied-sessions", headers=etag)
    assert str(session.session_id) in denied.json()["sids"]
    etag = {"If-None-Match": denied.headers["etag"]}
    assert (await bob.get("/oauth/denied-sessions", headers=etag)).status_code == 304
    ended = (await others.receive(ALICE, 1))[-1]
    assert ended.type == "identity.session-ended.v1"
    assert ended.data == {"user_id": str(ALICE), "session_id": str(session.session_id)}


async def test_only_administrators_make_roles(alice: httpx.AsyncClient) -> None:
    for path, body in (
        ("/v1/roles/boss", {"scopes": ["orders:read"]}),
        (f"/v1/users/{ALICE}/roles", {"roles": ["administrator"]}),
    ):
        assert (await alice.put(path, json=body)).status_code == 403


async def test_nobody_chooses_the_id_of_a_client(administrator: httpx.AsyncClient) -> None:
    body = {"name": "importer", "scopes": ["orders:read"]}
    for name in ("client_id", "service_id", "sub"):
        refused = await administrator.post("/v1/service-accounts", json={**body, name: str(ALICE)})
        assert refused.status_code == 422
        assert [each["pointer"] for each in refused.json()["errors"]] == [f"/{name}"]


async def test_an_administrator_gives_no_scope_that_it_lacks(
    administrator: httpx.AsyncClient,
) -> None:
    for path, body in (
        ("/v1/roles/boss", {"scopes": ["orders:read", "orders:any"]}),
        ("/v1/roles/clerk", {"scopes": ["orders:read"]}),
        (f"/v1/users/{ALICE}/roles", {"roles": ["clerk"]}),
    ):
        refused = await administrator.put(path, json=body)
        assert refused.status_code == 422, path
        assert refused.json()["type"].endswith("scope-not-held")
    account = {"name": "boss", "scopes": ["payments:any"]}
    refused = await administrator.post("/v1/service-accounts", json=account)
    assert refused.json()["scope"] == "payments:any"
    assert "boss" not in (await administrator.get("/v1/roles")).text


async def test_roles_change_what_keys_give_and_an_event_says_so(
    people: People,
    administrator: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    others: FakeService,
) -> None:
    await administrator.put("/v1/roles/reader", json={"scopes": ["orders:read"]})
    user_id = await people.user("reader")
    key = (await create(administrator, user_id)).json()["api_key"]
    assert (await exchange(stranger, key)).json()["scope"] == "orders:read"

    path = f"/v1/users/{user_id}/roles"
    assert (await administrator.put(path, json={"roles": ["nothing"]})).status_code == 404
    changed = await administrator.put(path, json={"roles": []})

    assert changed.json()["roles"] == []
    assert (await exchange(stranger, key)).json()["scope"] == ""
    [event] = await others.receive(user_id, 1)
    assert event.data == {"user_id": str(user_id), "roles": []}


async def test_a_service_account_gets_tokens_until_it_is_removed(
    administrator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    body = {"name": "importer", "scopes": ["orders:read"]}
    created = (await administrator.post("/v1/service-accounts", json=body)).json()
    auth = (created["client_id"], created["client_secret"])
    grant = {"grant_type": "client_credentials"}
    assert (await stranger.post("/oauth/token", data=grant, auth=auth)).status_code == 200
    assert created["sub"].startswith("service:")

    path = f"/v1/service-accounts/{created['client_id']}"
    assert (await administrator.delete(path)).status_code == 200
    assert (await stranger.post("/oauth/token", data=grant, auth=auth)).status_code == 401


async def test_an_application_is_registered_with_where_it_may_lead_users(
    administrator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    uri = "https://app.example/callback"
    body = {"name": "app", "scopes": ["openid", "orders:read"], "redirect_uris": [uri]}
    created = (await administrator.post("/v1/service-accounts", json=body)).json()
    auth = (created["client_id"], created["client_secret"])

    grant = {"grant_type": "client_credentials"}
    refused = await stranger.post("/oauth/token", data=grant, auth=auth)
    devices = await stranger.post(
        "/oauth/device_authorization", data={"scope": "orders:read"}, auth=auth
    )
    query = {"client_id": created["client_id"], "response_type": "token"}
    known = [
        await stranger.get("/oauth/authorize", params={**query, "redirect_uri": each})
        for each in (uri, f"{uri}/other")
    ]

    assert refused.json()["error"] == "unauthorized_client"
    assert devices.status_code == 200
    assert [each.status_code for each in known] == [303, 400]


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "http://shop.example/callback",
        "http://127.0.0.1.evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example/#fragment",
        "//evil.example",
        "myapp:/callback",
    ],
)
async def test_an_application_cannot_lead_users_to_an_unsafe_address(
    administrator: httpx.AsyncClient, uri: str
) -> None:
    body = {"name": "app", "scopes": ["orders:read"], "redirect_uris": [uri]}
    refused = await administrator.post("/v1/service-accounts", json=body)
    assert refused.status_code == 422


async def test_acts_that_matter_are_in_the_security_log_with_who_did_them(
    session: LoggedIn, alice: httpx.AsyncClient, its_database: Database
) -> None:
    key_id = (await create(alice)).json()["key_id"]
    await alice.delete(f"/v1/api-keys/{key_id}")
    await alice.delete(f"/v1/sessions/{session.session_id}")

    async with its_database.connection() as connection:
        rows = await connection.fetch(
            "select actor, action, target from security_log where target = any($1)",
            [key_id, str(session.session_id)],
        )
    assert {(row["actor"], row["action"], row["target"]) for row in rows} == {
        (f"user:{ALICE}", "api-key.created", key_id),
        (f"user:{ALICE}", "api-key.revoked", key_id),
        (f"user:{ALICE}", "session.ended", str(session.session_id)),
    }


async def test_a_public_application_has_no_secret(
    administrator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    body = {
        "name": "phone",
        "scopes": ["openid"],
        "redirect_uris": ["com.example.shop:/callback"],
        "is_public": True,
    }
    created = await administrator.post("/v1/service-accounts", json=body)

    assert created.status_code == 201
    assert "client_secret" not in created.json()
    client = {"client_id": created.json()["client_id"]}
    form = {"grant_type": "refresh_token", "refresh_token": "unknown", **client}
    answer = await stranger.post("/oauth/token", data=form)
    assert answer.json()["error"] == "invalid_grant"  # it is known without a secret
    with_secret = await stranger.post("/oauth/token", data=form | {"client_secret": "guessed"})
    assert with_secret.status_code == 401


async def test_a_service_cannot_be_public(administrator: httpx.AsyncClient) -> None:
    body = {"name": "importer", "scopes": ["orders:read"], "is_public": True}
    refused = await administrator.post("/v1/service-accounts", json=body)

    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/is_public"]
