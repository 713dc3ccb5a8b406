import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import identity
from identity.app import assemble
from identity.settings import IdentitySettings
from waybill.app import build
from waybill.kafka.link import ensure_topics
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import (
    EventContract,
    FakeService,
    fake_service,
)
from waybill_toolkit.testing.serving import serving

CONTRACT_FOLDER = Path(identity.__file__).with_name("contract")
CONTRACT = Contract.load(CONTRACT_FOLDER / "openapi.json")
EVENT_CONTRACT = EventContract.load(CONTRACT_FOLDER / "asyncapi.json")
SCOPES = {"keeper": ["identity:any", "identity:read", "identity:write"], "powerless": []}
"""By token, which is also the name of its caller."""


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
async def service(
    module_database_url: str, broker_server: BrokerServer, token_file: Path
) -> AsyncIterator[str]:
    """Run the whole service for the tests of a module: joining its group takes seconds."""
    await migrate(module_database_url, migrations_folder(identity.__file__))
    await ensure_topics(broker_server.bootstrap_servers, EVENT_CONTRACT.topics)
    settings = IdentitySettings.model_validate(
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
async def orders(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """Send events in place of orders, and receive the events of the service."""
    async with fake_service("orders", EVENT_CONTRACT, bootstrap_servers) as orders:
        yield orders
