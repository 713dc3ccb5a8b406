"""An issuer, and the access that believes its tokens."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from waybill.clock import ManualClock
from waybill.http.issuer_keys import IssuerKeys
from waybill.http.tokens import TokenAccess
from waybill_toolkit.testing.fake_issuer import FakeIssuer, fake_issuer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 29, 12, tzinfo=UTC))


@pytest.fixture
def issuer(clock: ManualClock) -> Iterator[FakeIssuer]:
    with fake_issuer("waybill", clock.now()) as issuer:
        yield issuer


@pytest_asyncio.fixture
async def keys(issuer: FakeIssuer, clock: ManualClock) -> AsyncIterator[IssuerKeys]:
    keys = IssuerKeys(issuer.name, clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(keys.run(stop))
        yield keys
        stop.set()


@pytest.fixture
def access(keys: IssuerKeys, issuer: FakeIssuer, clock: ManualClock) -> TokenAccess:
    return TokenAccess(keys, issuer.name, issuer.audience, clock)
