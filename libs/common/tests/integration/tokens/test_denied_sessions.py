"""Tokens of sessions that were ended are refused, as soon as the issuer tells."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from waybill.clock import ManualClock
from waybill.http.issuer_keys import READ_DENIED_EVERY, IssuerKeys
from waybill.http.problems import ProblemError
from waybill.http.tokens import TokenAccess
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_issuer import FakeIssuer, fake_issuer

SESSION = "019ab2d4-0002-7c1a-9a3b-5d0c6f8e2b41"


@pytest.fixture
def issuer(clock: ManualClock) -> Iterator[FakeIssuer]:
    with fake_issuer("waybill", clock.now()) as issuer:
        issuer.denied = []
        yield issuer


@pytest_asyncio.fixture
async def keys(issuer: FakeIssuer, clock: ManualClock) -> AsyncIterator[IssuerKeys]:
    keys = IssuerKeys(issuer.name, clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(keys.run(stop))
        yield keys
        stop.set()


async def status(access: TokenAccess, token: str) -> int:
    try:
        await access.identify(f"Bearer {token}")
    except ProblemError as refused:
        return refused.problem.status
    return 200


async def test_a_token_is_refused_when_its_session_is_ended(
    access: TokenAccess, issuer: FakeIssuer, clock: ManualClock
) -> None:
    token, other = issuer.token(sid=SESSION), issuer.token(sid="another")
    assert await status(access, token) == 200
    issuer.denied = [SESSION]
    clock.advance(READ_DENIED_EVERY)

    await eventually("it is refused", lambda: status(access, token), lambda each: each == 401)
    assert await status(access, other) == 200
    assert await status(access, issuer.token(sid=SESSION, jti="new")) == 401
    assert await status(access, issuer.token()) == 200


async def test_a_token_is_refused_when_its_key_is_revoked(
    access: TokenAccess, issuer: FakeIssuer, clock: ManualClock
) -> None:
    token, other = issuer.token("ec"), issuer.token("rsa")
    assert await status(access, token) == await status(access, other) == 200
    issuer.revoked = ["ec"]
    clock.advance(READ_DENIED_EVERY)

    await eventually("it is refused", lambda: status(access, token), lambda each: each == 401)
    assert await status(access, issuer.token("ec", jti="new")) == 401
    assert await status(access, other) == 200


async def test_denied_sessions_are_known_before_the_first_token_is_accepted(
    access: TokenAccess, issuer: FakeIssuer
) -> None:
    issuer.denied = [SESSION]
    assert await status(access, issuer.token(sid=SESSION)) == 401


async def test_sessions_stay_denied_while_the_issuer_is_away(
    access: TokenAccess, keys: IssuerKeys, issuer: FakeIssuer, clock: ManualClock
) -> None:
    issuer.denied = [SESSION]
    assert await status(access, issuer.token(sid=SESSION)) == 401
    issuer.is_away = True
    clock.advance(timedelta(minutes=1))
    assert await status(access, issuer.token(sid=SESSION)) == 401
    issuer.is_away = False
    issuer.denied = []
    clock.advance(READ_DENIED_EVERY)

    async def is_denied() -> bool:
        return SESSION in keys.denied

    await eventually("it is read again", is_denied, lambda each: not each)
