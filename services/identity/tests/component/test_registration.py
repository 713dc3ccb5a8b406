"""Registration, verified addresses and new passwords, and what strangers could do with them."""

import re
from collections.abc import Callable

import httpx
import pytest

from identity.commands.log_in import LogIn, Login, Opened
from waybill.clock import SystemClock
from waybill.postgres import Database
from waybill_toolkit.testing.fake_service import FakeService

PASSWORD = "correct horse battery"  # noqa: S105 (of a user that only tests create)
OTHER = "another password of somebody"


def link_in(text: str) -> str:
    found = re.search(r"[?]token=(\S+)", text)
    assert found, text
    return found[1]


async def register(http: httpx.AsyncClient, address: str, password: str = PASSWORD) -> None:
    answer = await http.post("/v1/users", json={"email": address, "password": password})
    assert (answer.status_code, answer.json()) == (202, {})


async def verify(http: httpx.AsyncClient, link: str, password: str = PASSWORD) -> int:
    body = {"token": link, "password": password}
    return (await http.post("/v1/email-verifications", json=body)).status_code


async def can_log_in(log_in: LogIn, address: str, password: str = PASSWORD) -> bool:
    login = Login(address, password, None, None)
    return isinstance(await log_in(login, now=SystemClock().now()), Opened)


async def test_a_user_logs_in_after_verifying_the_address(
    stranger: httpx.AsyncClient,
    mails: Callable[[str], list[str]],
    log_in: LogIn,
    others: FakeService,
    its_database: Database,
) -> None:
    await register(stranger, "eve@example.com")
    assert not await can_log_in(log_in, "eve@example.com")
    [mail] = mails("eve@example.com")

    assert await verify(stranger, link_in(mail)) == 200

    assert await can_log_in(log_in, "eve@example.com")
    assert await verify(stranger, link_in(mail)) == 422
    async with its_database.connection() as connection:
        user_id = await connection.fetchval("select user_id from users where status = 'active'")
    [event] = await others.receive(user_id, 1)
    assert event.data == {"user_id": str(user_id), "customer_ref": f"cus_{user_id.hex}"}


async def test_an_address_that_is_registered_is_answered_alike_and_told_by_mail_only(
    stranger: httpx.AsyncClient, mails: Callable[[str], list[str]], log_in: LogIn
) -> None:
    await register(stranger, "fay@example.com")
    await verify(stranger, link_in(mails("fay@example.com")[0]))

    await register(stranger, "fay@example.com", OTHER)

    assert "have an account already" in mails("fay@example.com")[1]
    assert not await can_log_in(log_in, "fay@example.com", OTHER)


async def test_an_address_that_is_written_otherwise_is_the_same_customer(
    stranger: httpx.AsyncClient, mails: Callable[[str], list[str]], its_database: Database
) -> None:
    await register(stranger, "Ann@Example.com")
    await verify(stranger, link_in(mails("Ann@Example.com")[0]))
    async with its_database.connection() as connection:
        users = await connection.fetchval("select count(*) from users")

        await register(stranger, "ann@example.com")

        assert await connection.fetchval("select count(*) from users") == users
    assert "have an account already" in mails("ann@example.com")[0]


async def test_whoever_registers_an_address_of_another_first_gains_nothing(
    stranger: httpx.AsyncClient, mails: Callable[[str], list[str]], log_in: LogIn
) -> None:
    await register(stranger, "gil@example.com", OTHER)
    await register(stranger, "gil@example.com")
    of_other, own = map(link_in, mails("gil@example.com"))

    assert await verify(stranger, of_other) == 422
    assert await verify(stranger, own) == 200

    assert await can_log_in(log_in, "gil@example.com")
    assert not await can_log_in(log_in, "gil@example.com", OTHER)
    assert await verify(stranger, of_other, OTHER) == 422


async def test_a_link_sets_a_new_password_once_and_ends_all_sessions(
    stranger: httpx.AsyncClient,
    mails: Callable[[str], list[str]],
    log_in: LogIn,
    its_database: Database,
) -> None:
    await register(stranger, "hal@example.com")
    await verify(stranger, link_in(mails("hal@example.com")[0]))
    assert await can_log_in(log_in, "hal@example.com")

    await stranger.post("/v1/password-resets", json={"email": "hal@example.com"})
    body = {"token": link_in(mails("hal@example.com")[1]), "password": OTHER}
    assert (await stranger.post("/v1/passwords", json=body)).status_code == 200

    assert (await stranger.post("/v1/passwords", json=body)).status_code == 422
    assert await can_log_in(log_in, "hal@example.com", OTHER)
    assert not await can_log_in(log_in, "hal@example.com")
    async with its_database.connection() as connection:
        ended = await connection.fetchval("select count(ended_at) from sessions")
    assert ended == 1


async def test_a_reset_for_an_unknown_address_is_answered_alike(
    stranger: httpx.AsyncClient, mails: Callable[[str], list[str]]
) -> None:
    answer = await stranger.post("/v1/password-resets", json={"email": "nobody@example.com"})
    assert (answer.status_code, answer.json()) == (202, {})
    assert mails("nobody@example.com") == []


async def test_mails_to_one_address_are_limited(stranger: httpx.AsyncClient) -> None:
    body = {"email": "ivy@example.com"}
    answers = [await stranger.post("/v1/password-resets", json=body) for _ in range(6)]
    assert [each.status_code for each in answers] == [202] * 5 + [429]
    assert answers[-1].json()["retry_after_seconds"] == 60


@pytest.mark.parametrize("field", ["role", "roles", "scope", "customer_ref", "status"])
async def test_a_registration_that_chooses_its_rights_is_refused(
    stranger: httpx.AsyncClient, field: str
) -> None:
    body = {"email": "jim@example.com", "password": PASSWORD, field: "administrator"}
    assert (await stranger.post("/v1/users", json=body)).status_code == 422
