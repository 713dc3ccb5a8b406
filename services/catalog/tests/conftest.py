from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

import catalog
from catalog.app import assemble
from catalog.settings import CatalogSettings
from waybill.app import build
from waybill.database import Database
from waybill.migrations import migrate, migrations_folder
from waybill_toolkit.contract_check import Contract
from waybill_toolkit.serving import serving

CONTRACT = Contract.load(Path(catalog.__file__).with_name("contract") / "openapi.json")


@pytest_asyncio.fixture
async def migrated_url(database_url: str) -> str:
    await migrate(database_url, migrations_folder(catalog.__file__))
    return database_url


@pytest_asyncio.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(migrated_url, source="catalog")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def client(migrated_url: str, bootstrap_servers: str) -> AsyncIterator[httpx.AsyncClient]:
    """Run the whole service; every answer is checked against the contract."""
    settings = CatalogSettings.model_validate(
        {
            "database_url": migrated_url,
            "kafka_bootstrap_servers": bootstrap_servers,
            "kafka_fetch_wait_ms": 10,
            "access": "open",
        }
    )
    with serving(build(settings, assemble)) as address:
        async with CONTRACT.client(base_url=address) as client:
            yield client
