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
from waybill.postgres.database import Database
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service
from waybill_toolkit.testing.serving import serving

CONTRACT_FOLDER = Path(catalog.__file__).with_name("contract")
CONTRACT = Contract.load(CONTRACT_FOLDER / "openapi.json")
EVENT_CONTRACT = EventContract.load(CONTRACT_FOLDER / "asyncapi.json")
SCOPES = {"keeper": ["catalog:read", "catalog:write"], "powerless": []}
"""By token, which is also the name of its caller."""


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url, migrations_folder(catalog.__file__))
    opened = await Database.open(database_url, source="catalog")
    yield opened
    await opened.close()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    grants = {
        sha256(token.encode()).hexdigest(): {"subject": token, "scopes": scopes}
        for token, scopes in SCOPES.items()
    }
    path = tmp_path / "tokens.json"
    path.write_text(json.dumps(grants))
    return path


@pytest_asyncio.fixture
async def service(
    database_url: str, bootstrap_servers: str, token_file: Path
) -> AsyncIterator[str]:
    """Run the whole service; gives its address."""
    await migrate(database_url, migrations_folder(catalog.__file__))
    settings = CatalogSettings.model_validate(
        {
            "database_url": database_url,
            "kafka_bootstrap_servers": bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": str(token_file),
        }
    )
    with serving(build(settings, assemble)) as address:
        yield address


@pytest_asyncio.fixture
async def stranger(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """Call the service without a token; every answer is checked against the contract."""
    async with CONTRACT.client(base_url=service) as client:
        yield client


@pytest_asyncio.fixture
async def client(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """Call the service with all scopes; every answer is checked against the contract."""
    headers = {"Authorization": "Bearer keeper"}
    async with CONTRACT.client(base_url=service, headers=headers) as client:
        yield client


@pytest_asyncio.fixture
async def others(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """Stand in for the services that listen to the catalogue."""
    async with fake_service("others", EVENT_CONTRACT, bootstrap_servers) as others:
        yield others
