"""Payments on a database of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

import payments
from payments.testing import Desk, FakeProvider
from waybill.clock import ManualClock, SystemClock
from waybill.database import Database
from waybill.migrations import migrate, migrations_folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))


@pytest_asyncio.fixture
async def migrated_url(database_url: str) -> str:
    await migrate(database_url, migrations_folder(payments.__file__))
    return database_url


@pytest_asyncio.fixture
async def database(migrated_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    database = await Database.open(migrated_url, source="payments", clock=clock)
    yield database
    await database.close()


@pytest.fixture
def desk(database: Database, migrated_url: str, clock: ManualClock) -> Desk:
    return Desk(database, migrated_url, clock)


@pytest.fixture
def hurried_desk(database: Database, migrated_url: str) -> Desk:
    """A desk that goes by the machine's clock, for what comes due again by itself."""
    return Desk(database, migrated_url, SystemClock())


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()
