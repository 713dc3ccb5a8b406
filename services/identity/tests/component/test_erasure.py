"""A user is erased, by itself or by an administrator, and is unknown from then on."""

import re
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest_asyncio

from identity.commands.log_in import LogIn, Login, Opened
from identity.testing.browser import PASSWORD, set_password
from identity.testing.people import ALICE, BOB, SESSION, People
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.ids import uuid7
from waybill.postgres import Database
from waybill_toolkit.testing.fake_service import FakeService

EMAIL = "ann@example.com"
CHALLENGE = 'Bearer error="insufficient_user_authentication", max_age="300"'


@pytest_asyncio.fixture(autouse=True)
async def people(its_database: Database, vault: Vault) -> People:
    async with its_database.connection() as connection:
        await connection.execute("delete from sessions where session_id = $1", SESSION)
    people = People(its_database, vault, SystemClock().now())
    await people.user(user_id=ALICE)
    await people.user(user_id=BOB)
    return people


async def test_a_user_erases_itself_and_an_event_says_so(
    people: People, alice: httpx.AsyncClient, others: FakeService, its_database: Database
) -> None:
    await people.session(ALICE, session_id=SESSION)

    erased = await alice.delete(f"/v1/users/{ALICE}")

    assert (erased.status_code, erased.json()) == (200, {"user_id": str(ALICE)})
    ended, event = await others.receive(ALICE, 2)
    assert ended.type == "identity.session-ended.v1"
    assert event.type == "identity.user-erased.v1"
    assert event.data == {"user_id": str(ALICE), "customer_ref": f"cus_{ALICE.hex}"}
    async with its_database.connection() as connection:
        rows = await connection.fetch(
            "select actor, detail from security_log where action = 'user.erased' and target = $1",
            str(ALICE),
        )
    assert [tuple(row) for row in rows] == [(f"user:{ALICE}", "{}")]
    assert (await alice.post("/v1/totp")).status_code == 403


async def test_an_erased_user_is_unknown_and_the_address_can_be_registered_again(
    people: People,
    administrator: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    mails: Callable[[str], list[str]],
    log_in: LogIn,
) -> None:
    user_id = await people.user(email=EMAIL)
    await set_password(people, user_id)
    login = Login(EMAIL, PASSWORD, None, None)
    assert isinstance(await log_in(login, now=SystemClock().now()), Opened)

    for _ in range(2):
        erased = await administrator.delete(f"/v1/users/{user_id}")
        assert (erased.status_code, erased.json()) == (200, {"user_id": str(user_id)})

    assert await log_in(login, now=SystemClock().now()) == "wrong"
    reset = await stranger.post("/v1/password-resets", json={"email": EMAIL})
    assert (reset.status_code, reset.json(), mails(EMAIL)) == (202, {}, [])
    body = {"email": EMAIL, "password": PASSWORD}
    assert (await stranger.post("/v1/users", json=body)).status_code == 202
    [mail] = mails(EMAIL)
    link = re.search(r"[?]token=(\S+)", mail)
    assert link is not None
    body = {"token": link[1], "password": PASSWORD}
    assert (await stranger.post("/v1/email-verifications", json=body)).status_code == 200
    opened = await log_in(login, now=SystemClock().now())
    assert isinstance(opened, Opened)
    assert opened.session.user_id != user_id


async def test_a_user_who_logged_in_long_ago_is_asked_to_log_in_again(
    people: People, bob: httpx.AsyncClient
) -> None:
    without = await bob.delete(f"/v1/users/{BOB}")
    await people.session(BOB, session_id=SESSION, ago=timedelta(minutes=6))
    old = await bob.delete(f"/v1/users/{BOB}")

    for refused in (without, old):
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == CHALLENGE
    assert (await bob.post("/v1/totp")).status_code == 200


async def test_the_session_of_another_user_is_no_login(
    people: People, bob: httpx.AsyncClient
) -> None:
    await people.session(session_id=SESSION)
    assert (await bob.delete(f"/v1/users/{BOB}")).status_code == 401


async def test_a_user_who_does_not_exist_is_not_erased(administrator: httpx.AsyncClient) -> None:
    assert (await administrator.delete(f"/v1/users/{uuid7()}")).status_code == 404
