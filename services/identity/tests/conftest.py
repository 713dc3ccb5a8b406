import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import identity
from identity.app import assemble
from identity.settings import IdentitySettings
from identity.testing.people import ALICE, BOB, SESSION
from identity.vault import Vault
from waybill.app import build
from waybill.clock import ManualClock
from waybill.postgres import Database
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.identity import identity_settings
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service
from waybill_toolkit.testing.serving import serving

CONTRACT_FOLDER = Path(identity.__file__).with_name("contract")
CONTRACT = Contract.load(CONTRACT_FOLDER / "openapi.json")
EVENT_CONTRACT = EventContract.load(CONTRACT_FOLDER / "asyncapi.json")
SCOPES = {
    "administrator": [
        *("identity:admin", "identity:any", "identity:read", "identity:write"),
        *("openid", "orders:read"),
    ],
    "powerless": [],
}
"""Scopes by token, which is also the name of its caller."""

USERS = {"alice": str(ALICE), "bob": str(BOB)}
"""The ids of users by token; `people` creates them."""


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of identity and its secrets, as the platform makes them."""
    settings = identity_settings(tmp_path_factory.mktemp("platform"), 7400, [])
    index_key = Path(settings.pop("WAYBILL_INDEX_KEY_FILE")).read_text().strip()
    return {
        "index_key": index_key,
        **{
            name.removeprefix("WAYBILL_").lower(): value
            for name, value in settings.items()
            if name not in ("WAYBILL_DEMO_USERS", "WAYBILL_DEMO_SCOPES")
        },
    }


@pytest.fixture
def vault(secrets: dict[str, str]) -> Vault:
    return Vault(Path(secrets["key_encryption_keys"]), secrets["index_key"])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 30, 6, tzinfo=UTC))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url, migrations_folder(identity.__file__))
    opened = await Database.open(database_url, source="identity")
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    grants: dict[str, dict[str, object]] = {
        sha256(token.encode()).hexdigest(): {"subject": token, "scopes": scopes}
        for token, scopes in SCOPES.items()
    }
    for token, user_id in USERS.items():
        grants[sha256(token.encode()).hexdigest()] = {
            "subject": f"user:{user_id}",
            "scopes": ["identity:read", "identity:write", "orders:read"],
            "claims": {"user_id": user_id, "sid": str(SESSION)},
        }
    path = tmp_path_factory.mktemp("access") / "tokens.json"
    path.write_text(json.dumps(grants))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(
    module_database_url: str,
    broker_server: BrokerServer,
    token_file: Path,
    secrets: dict[str, str],
) -> IdentitySettings:
    await migrate(module_database_url, migrations_folder(identity.__file__))
    return IdentitySettings.model_validate(
        {
            "database_url": module_database_url,
            "kafka_bootstrap_servers": broker_server.bootstrap_servers,
            "kafka_session_timeout_ms": 3_000,
            "check_contract": True,
            "access": str(token_file),
            **secrets,
        }
    )


@pytest.fixture(scope="module")
def service(settings: IdentitySettings) -> Iterator[str]:
    """Run the service once for a module; return its address."""
    with serving(build(settings, assemble)) as address:
        yield address


@pytest_asyncio.fixture
async def its_database(settings: IdentitySettings) -> AsyncIterator[Database]:
    """The database of the running service."""
    opened = await Database.open(settings.database_url.get_secret_value(), source="identity")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def stranger(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token that checks every response against the contract."""
    async with CONTRACT.client(base_url=service) as client:
        yield client


@pytest_asyncio.fixture
async def administrator(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with all scopes that checks every response against the contract."""
    headers = {"Authorization": "Bearer administrator"}
    async with CONTRACT.client(base_url=service, headers=headers) as client:
        yield client


@pytest_asyncio.fixture
async def alice(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token of a customer."""
    headers = {"Authorization": "Bearer alice"}
    async with CONTRACT.client(base_url=service, headers=headers) as client:
        yield client


@pytest_asyncio.fixture
async def bob(service: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token of another customer."""
    headers = {"Authorization": "Bearer bob"}
    async with CONTRACT.client(base_url=service, headers=headers) as client:
        yield client


@pytest_asyncio.fixture
async def others(bootstrap_servers: str) -> AsyncIterator[FakeService]:
    """A fake for the services that receive events of identity."""
    async with fake_service("others", EVENT_CONTRACT, bootstrap_servers) as others:
        yield others
