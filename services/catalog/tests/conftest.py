import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import catalog
from catalog.app import assemble
from catalog.settings import CatalogSettings
from waybill.app import build
from waybill.postgres import Database, connect
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service
from waybill_toolkit.testing.serving import serving

CONTRACT_FOLDER = Path(catalog.__file__).with_name("contract")
CONTRACT = Contract.load(CONTRACT_FOLDER / "openapi.json")
EVENT_CONTRACT = EventContract.load(CONTRACT_FOLDER / "asyncapi.json")
SCOPES = {"keeper": ["catalog:read", "catalog:write"], "powerless": []}
"""Scopes by token, which is also the name of its caller."""


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url, migrations_folder(catalog.__file__))
    opened = await Database.open(database_url, source="catalog")
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    grants = {
        sha256(token.encode()).hexdigest(): {"subject": token, "scopes": scopes}
        for token, scopes in SCOPES.items()
    }
    path = tmp_path_factory.mktemp("access") / "tokens.json"
    path.write_text(json.dumps(grants))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_service(
    module_database_url: str, broker_server: BrokerServer, token_file: Path
) -> AsyncIterator[str]:
    """Run the service once for a module; return its address."""
    await migrate(module_database_url, migrations_folder(catalog.__file__))
    settings = CatalogSettings.model_validate(
        {
            "database_url": module_database_url,
            "kafka_bootstrap_servers": broker_server.bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": str(token_file),
        }
    )
    with serving(build(settings, assemble)) as address:
        yield address


@pytest_asyncio.fixture
async def service(running_service: str, module_database_url: str) -> str:
    """Return the address of the service, after deleting all products and idempotency keys."""
    async with connect(module_database_url, name="test") as connection:
        await connection.execute("truncate products, variants, prices, idempotency_keys")
    return running_service


@pytest_asyncio.fixture
async def stranger(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token that checks every response against the contract."""
    async with CONTRACT.client(base_url=service) as client:
        yield client


@pytest_asyncio.fixture
async def client(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with all scopes that checks every response against the contract."""
    headers = {"Authorization": "Bearer keeper"}
    async with CONTRACT.client(base_url=service, headers=headers) as client:
        yield client


@pytest_asyncio.fixture
async def others(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """A fake for the services that receive events of the catalogue."""
    async with fake_service("others", EVENT_CONTRACT, bootstrap_servers) as others:
        yield others
