from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import orders
from orders.app import assemble
from orders.settings import OrdersSettings
from waybill.app import build
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service
from waybill_toolkit.testing.serving import serving

CONTRACT_FOLDER = Path(orders.__file__).with_name("contract")
CONTRACT = Contract.load(CONTRACT_FOLDER / "openapi.json")
EVENTS = EventContract.load(CONTRACT_FOLDER / "asyncapi.json")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(
    module_database_url: str, broker_server: BrokerServer, token_keys: Path
) -> OrdersSettings:
    await migrate(module_database_url, migrations_folder(orders.__file__))
    return OrdersSettings.model_validate(
        {
            "database_url": module_database_url,
            "kafka_bootstrap_servers": broker_server.bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": "open",
            "token_keys": token_keys,
            "token_key_seconds": 0,
        }
    )


@pytest.fixture(scope="module")
def address(settings: OrdersSettings) -> Iterator[str]:
    """Run the service once for a module: joining the consumer group takes seconds."""
    with serving(build(settings, assemble)) as address:
        yield address


@pytest_asyncio.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that checks every response against the contract."""
    async with CONTRACT.client(base_url=address) as client:
        yield client


@pytest_asyncio.fixture
async def neighbours(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """A fake for catalog, inventory and payments that checks events against the contract."""
    async with fake_service(None, EVENTS, bootstrap_servers) as neighbours:
        yield neighbours
