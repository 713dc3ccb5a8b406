"""An administrator rotates the signing keys: at once, but never to keys that are hardly known."""

import httpx
import pytest_asyncio

from identity.signing_keys import PUBLISHED_BEFORE_USE
from waybill.postgres import Database

PATH = "/v1/signing-key-rotations"


@pytest_asyncio.fixture
async def known_keys(its_database: Database) -> None:
    """The next keys were published long enough ago."""
    statement = "update signing_keys set since = since - $1::interval where state = 'next'"
    async with its_database.connection() as connection:
        await connection.execute(statement, PUBLISHED_BEFORE_USE)


async def kids(stranger: httpx.AsyncClient) -> set[str]:
    return {key["kid"] for key in (await stranger.get("/oauth/jwks")).json()["keys"]}


async def test_the_next_keys_sign_and_the_former_ones_stay_published_when_keys_are_rotated(
    known_keys: None, administrator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    before = await kids(stranger)
    rotated = await administrator.post(PATH)

    assert rotated.status_code == 200
    by_state: dict[str, set[str]] = {"next": set(), "current": set(), "retired": set()}
    for key in rotated.json()["items"]:
        by_state[key["state"]].add(key["kid"])
    assert by_state["current"] | by_state["retired"] == before
    assert not by_state["next"] & before
    assert await kids(stranger) == before | by_state["next"]


async def test_keys_that_were_just_published_do_not_sign(
    known_keys: None, administrator: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (await administrator.post(PATH)).status_code == 200
    before = await kids(stranger)
    refused = await administrator.post(PATH)

    assert refused.status_code == 409
    left = refused.json()["retry_after_seconds"]
    longest = PUBLISHED_BEFORE_USE.total_seconds()
    assert longest - 60 <= left <= longest
    assert str(left) in refused.json()["detail"]
    assert await kids(stranger) == before


async def test_a_rotation_is_in_the_security_log_with_who_did_it(
    known_keys: None, administrator: httpx.AsyncClient, its_database: Database
) -> None:
    items = (await administrator.post(PATH)).json()["items"]
    current = {key["kid"] for key in items if key["state"] == "current"}

    statement = """
        select actor, detail::json ->> 'kids' as kids from security_log
        where action = 'signing-keys.rotated'
    """
    async with its_database.connection() as connection:
        rows = await connection.fetch(statement)
    assert current in [set(row["kids"].split()) for row in rows]
    assert all("administrator" in row["actor"] for row in rows)


async def test_a_stolen_key_is_revoked_and_listed_with_the_denied_sessions(
    known_keys: None,
    administrator: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    its_database: Database,
) -> None:
    statement = "select kid from signing_keys where state = 'current' and algorithm = 'ES256'"
    async with its_database.connection() as connection:
        stolen = await connection.fetchval(statement)

    revoked = await administrator.delete(f"/v1/signing-keys/{stolen}")

    assert revoked.status_code == 200
    states = {key["kid"]: key["state"] for key in revoked.json()["items"]}
    assert states[stolen] == "revoked"
    assert sorted(states.values()).count("current") == 2
    assert stolen not in await kids(stranger)
    assert stolen in (await stranger.get("/oauth/denied-sessions")).json()["kids"]
    again = await administrator.delete(f"/v1/signing-keys/{stolen}")
    assert again.status_code == 404
    assert again.json()["type"].endswith("signing-key-not-found")
