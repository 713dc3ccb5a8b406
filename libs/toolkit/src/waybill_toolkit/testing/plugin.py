"""Pytest plugin: real servers for tests.

One PostgreSQL and one broker per session, started when the first test asks; a fresh database for
each test. Everything ends with the test run, also when that is killed.
"""

import itertools
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from waybill.key_files import KEY_BYTES, SUFFIX
from waybill_toolkit.contracts.releases import recording
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka, jars_folder
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer, postgres_url
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.postgres_versions import tested_postgres
from waybill_toolkit.testing.violation_log import CHECKED, ViolationLog

_TESTER: Final = "tester"
_TESTER_PASSWORD: Final = secrets.token_urlsafe(16)
TESTED_BROKER: Final = "WAYBILL_TEST_BROKER"


def tested_broker() -> BrokerKind:
    """Return the broker of the tests: the variable WAYBILL_TEST_BROKER selects it."""
    return BrokerKind(os.environ.get(TESTED_BROKER, BrokerKind.EMBEDDED))


_names = (f"test_{number}" for number in itertools.count(1))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-traffic",
        metavar="FOLDER",
        type=Path,
        help="Record the requests and events of this run, for a release.",
    )


@pytest.fixture(scope="session", autouse=True)
def _record_traffic(request: pytest.FixtureRequest) -> Iterator[None]:
    folder: Path | None = request.config.getoption("--record-traffic")
    if folder is None:
        yield
        return
    recorder = recording.start()
    yield
    recording.stop()
    recorder.write(folder)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def token_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a key for payment tokens."""
    folder = tmp_path_factory.mktemp("token-keys")
    (folder / f"20260101T000000Z{SUFFIX}").write_text(secrets.token_hex(KEY_BYTES))
    return folder


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[PostgresServer]:
    """Run a PostgreSQL for the session. A test may `kill()` it, and must `start()` it again."""
    server = PostgresServer(
        server_folder,
        free_port(),
        settings={"fsync": "off"},  # what it wrote survives its own crash, not the machine's
        install=tested_postgres(server_folder),
    )
    server.initialize()
    server.start()
    yield server
    server.stop()
    remove_home(server_folder)


@pytest.fixture(scope="session")
def broker_server(server_folder: Path) -> Iterator[BrokerServer]:
    """Run a broker for the session. A test may `kill()` or `lose()` it, and must `start()` it."""
    jars = jars_folder() if tested_broker() is BrokerKind.KAFKA else None
    if jars:
        ensure_kafka(jars)
    server = BrokerServer(server_folder, free_port(), jars=jars)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def embedded_broker_server(broker_server: BrokerServer) -> BrokerServer:
    """Return the broker of the session; tests that change its files need the embedded one."""
    if tested_broker() is not BrokerKind.EMBEDDED:
        pytest.skip("changes the files of the embedded broker; this run has another one")
    return broker_server


@pytest.fixture
def bootstrap_servers(broker_server: BrokerServer) -> str:
    return broker_server.bootstrap_servers


@pytest_asyncio.fixture
async def database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """Return the address of an empty database for this test; its role has no privileges."""
    async with fresh_database(postgres_server) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """Return the address of a database that the tests of a module share."""
    async with fresh_database(postgres_server) as url:
        yield url


@asynccontextmanager
async def fresh_database(server: PostgresServer) -> AsyncIterator[str]:
    """Create an empty database within the context; its role has no privileges."""
    name = next(_names)
    async with _administrator(server) as administrator:
        await administrator.ensure_role(_TESTER, _TESTER_PASSWORD)
        await administrator.ensure_database(name, _TESTER)
    yield postgres_url(server.port, name, _TESTER, _TESTER_PASSWORD)
    async with _administrator(server) as administrator:
        await administrator.drop_database(name)


@asynccontextmanager
async def _administrator(server: PostgresServer) -> AsyncIterator[Administrator]:
    connection = await asyncpg.connect(server.admin_url())
    try:
        yield Administrator(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Run the whole platform for the session: every service of the current tree, open to everybody.

    Its services check all their answers and sent events against their contracts.
    """
    with _running_platform(AccessMode.OPEN) as platform:
        yield platform


@pytest.fixture(scope="session")
def guarded_platform() -> Iterator[Platform]:
    """Run the same platform with access by tokens, as `waybill up` does."""
    with _running_platform(AccessMode.TOKENS) as platform:
        yield platform
        assert ViolationLog(platform.folder, platform.services).read() == []  # noqa: S101


@contextmanager
def _running_platform(access: AccessMode) -> Iterator[Platform]:
    with short_folder() as folder:
        root = tree_root() / "services"
        plan = Plan.of(folder / "data", root, free_port_base(), CHECKED, tested_broker())
        plan = with_access(plan, access)
        with running(plan) as platform:
            yield platform
        remove_home(plan.data)


@pytest.fixture(scope="session")
def platform_violations(platform: Platform) -> Iterator[ViolationLog]:
    """Read the contract violations of the platform's services, until the end of the session."""
    log = ViolationLog(platform.folder, platform.services)
    yield log
    assert log.read() == []  # noqa: S101 - a test helper


@pytest.fixture(autouse=True)
def _contracts_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test during which a service of the platform broke its contract."""
    if "platform" not in request.fixturenames:
        yield
        return
    log: ViolationLog = request.getfixturevalue("platform_violations")
    yield
    assert log.read() == []  # noqa: S101 - a test helper
