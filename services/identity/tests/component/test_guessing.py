"""Attackers guess passwords and one-time passwords at the login page, and flood it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

import httpx
import pyotp
import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from identity.attempts import ATTEMPTS_MAX
from identity.passwords import QUEUE_MAX, THREADS
from identity.testing.browser import PASSWORD, form_of, log_in, set_password
from identity.testing.people import People
from identity.totp import STEP_SECONDS, Totp
from identity.vault import Vault
from waybill.clock import SystemClock
from waybill.ids import uuid7

WAIT_SECONDS_MAX = 20.0
"""A refusal comes within milliseconds; this ends a test in which it does not come."""


@dataclass(frozen=True, slots=True)
class Protected:
    """A user who needs a one-time password, with the next code and a recovery code."""

    email: str
    next_code: str
    recovery_code: str


@pytest_asyncio.fixture
async def protected(people: People, vault: Vault) -> Protected:
    email, now = f"{uuid7().hex}@example.com", SystemClock().now()
    user_id = await people.user(email=email)
    await set_password(people, user_id)
    totp = Totp(vault)
    async with people.database.transaction() as tx:
        secret = await totp.enrol(tx, user_id) or ""
        codes = await totp.confirm(tx, user_id, pyotp.TOTP(secret).at(now), now) or []
    following = pyotp.TOTP(secret).at(now + timedelta(seconds=STEP_SECONDS))
    return Protected(email, following, codes[0])


async def log_in_with(browser: httpx.AsyncClient, email: str, code: str) -> httpx.Response:
    """Log in with a one-time password, in a browser without a session."""
    browser.cookies.clear()
    fields = {**form_of(await browser.get("/login")), "email": email, "password": PASSWORD}
    return await browser.post("/login", data={**fields, "code": code})


async def test_guesses_of_a_password_are_limited_from_many_addresses(
    browser: httpx.AsyncClient, email: str
) -> None:
    written = [email, email.upper(), f"{email[0].upper()}{email[1:]}", email.title()]
    answers = []
    for each in range(ATTEMPTS_MAX + 2):
        browser.headers["X-Forwarded-For"] = f"203.0.113.{each}"
        answers.append(await log_in(browser, written[each % len(written)], "wrong password"))
    assert [each.status_code for each in answers] == [200] * ATTEMPTS_MAX + [429] * 2


async def test_a_one_time_password_is_accepted_once(
    browser: httpx.AsyncClient, protected: Protected
) -> None:
    first = await log_in_with(browser, protected.email, protected.next_code)
    second = await log_in_with(browser, protected.email, protected.next_code)
    assert (first.status_code, second.status_code) == (303, 200)
    assert "The address, the password or the one-time password is wrong" in second.text


async def test_a_recovery_code_is_accepted_once(
    browser: httpx.AsyncClient, protected: Protected
) -> None:
    first = await log_in_with(browser, protected.email, protected.recovery_code)
    second = await log_in_with(browser, protected.email, protected.recovery_code)
    assert (first.status_code, second.status_code) == (303, 200)


async def test_guesses_of_a_one_time_password_are_limited(
    browser: httpx.AsyncClient, protected: Protected
) -> None:
    wrong = [await log_in_with(browser, protected.email, "not-a-code") for _ in range(ATTEMPTS_MAX)]
    right = await log_in_with(browser, protected.email, protected.next_code)
    assert [each.status_code for each in wrong] == [200] * ATTEMPTS_MAX
    assert right.status_code == 429


async def test_a_flood_of_logins_is_refused_beyond_a_queue(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def verify(*_: object) -> bool:
        return released.wait(WAIT_SECONDS_MAX)

    fields = {**form_of(await browser.get("/login")), "password": "wrong password"}
    monkeypatch.setattr(PasswordHasher, "verify", verify)
    async with asyncio.TaskGroup() as group:
        logins = [
            group.create_task(browser.post("/login", data={**fields, "email": f"{each}@a.example"}))
            for each in range(THREADS + QUEUE_MAX + 1)
        ]
        answered, _ = await asyncio.wait(
            logins, timeout=WAIT_SECONDS_MAX / 2, return_when=asyncio.FIRST_COMPLETED
        )
        released.set()
    assert [each.result().status_code for each in answered] == [503]
    assert sorted(each.result().status_code for each in logins) == [200] * (len(logins) - 1) + [503]
