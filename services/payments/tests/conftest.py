"""Runs payments on its own database: single parts, and the whole service."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import payments
from payments.app import assemble
from payments.settings import PaymentsSettings
from payments.testing.driver import PaymentsDriver
from payments.testing.fake_provider import FakeProvider
from waybill.app import build
from waybill.clock import ManualClock, SystemClock
from waybill.kafka.link import ensure_topics
from waybill.postgres import Database
from waybill.postgres.migrations import migrate, migrations_folder
from waybill.sealing import Seals
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service
from waybill_toolkit.testing.serving import serving

_CONTRACT_FOLDER = Path(payments.__file__).with_name("contract")
HTTP_CONTRACT = Contract.load(_CONTRACT_FOLDER / "openapi.json")
EVENT_CONTRACT = EventContract.load(_CONTRACT_FOLDER / "asyncapi.json")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))


@pytest_asyncio.fixture
async def migrated_url(database_url: str) -> str:
    await migrate(database_url, migrations_folder(payments.__file__))
    return database_url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def migrated_module_url(module_database_url: str) -> str:
    await migrate(module_database_url, migrations_folder(payments.__file__))
    return module_database_url


@pytest_asyncio.fixture
async def database(migrated_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    database = await Database.open(migrated_url, source="payments", clock=clock)
    yield database
    await database.close()


@pytest.fixture
def driver(
    database: Database, migrated_url: str, clock: ManualClock, token_keys: Path
) -> PaymentsDriver:
    return PaymentsDriver(database, migrated_url, clock, Seals(token_keys))


@pytest.fixture
def real_time_driver(database: Database, migrated_url: str, token_keys: Path) -> PaymentsDriver:
    """A driver with the system clock, for calls that become due again by themselves."""
    return PaymentsDriver(database, migrated_url, SystemClock(), Seals(token_keys))


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    migrated_module_url: str, broker_server: BrokerServer, token_keys: Path
) -> AsyncIterator[str]:
    """Run the service once for a module: joining the consumer group takes seconds."""
    await ensure_topics(broker_server.bootstrap_servers, EVENT_CONTRACT.topics)
    settings = PaymentsSettings.model_validate(
        {
            "database_url": migrated_module_url,
            "kafka_bootstrap_servers": broker_server.bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": "open",
            "token_keys": token_keys,
            "provider_retry_first_seconds": 0.01,
            "sandbox_slow_seconds": 0.01,
        }
    )
    with serving(build(settings, assemble)) as address:
        yield address


@pytest_asyncio.fixture
async def client(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service that checks every response against the contract."""
    async with HTTP_CONTRACT.client(base_url=service) as client:
        yield client


@pytest_asyncio.fixture
async def orders(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """A fake orders service, which sends the commands."""
    async with fake_service("orders", EVENT_CONTRACT, bootstrap_servers) as orders:
        yield orders
