"""The image for real: built without a registry, and each service in a container without rights."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest
from tests.images.building import ROOT, build, obstacles, save
from tests.images.containers import container, labels, output_of

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.operations.install_secrets.files import Hosts, SecretsFolder
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer, postgres_url
from waybill_toolkit.platform.waiting import wait_until

SERVICES: Final = Repository(ROOT).packages
READY_SECONDS_MAX: Final = 180
"""Only a failing test waits this long."""
SAVED: Final = "WAYBILL_SAVE_IMAGE"
"""The variable with a path to which the tested image is saved, for other tests."""
UID: Final = 10001

MISSING: Final = list(obstacles())
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    build()
    if path := os.environ.get(SAVED):
        save(Path(path))


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "secrets"
    SecretsFolder(folder, datetime(2026, 11, 30, tzinfo=UTC)).write(
        Services.around(ROOT), Hosts(("127.0.0.1",), ("127.0.0.1",))
    )
    return folder


@pytest.fixture(scope="module")
def databases(postgres_server: PostgresServer, secrets: Path) -> dict[str, str]:
    """The address of an empty database for each service."""

    async def create() -> dict[str, str]:
        urls = {}
        connection = await asyncpg.connect(postgres_server.admin_url())
        for name in Services.around(ROOT).with_database:
            password = (secrets / "passwords" / name).read_text().strip()
            await Administrator(connection).ensure_role(name, password)
            await Administrator(connection).ensure_database(name, name)
            urls[name] = postgres_url(postgres_server.port, name, name, password)
        await connection.close()
        return urls

    return asyncio.run(create())


@pytest.fixture
def environment(broker_server: BrokerServer) -> dict[str, str]:
    """The settings that every service has here; its own are added by the test."""
    return {
        "WAYBILL_ACCESS": "/run/secrets/access/tokens.json",
        "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": broker_server.bootstrap_servers,
        "WAYBILL_UPSTREAMS": '{"orders": "http://127.0.0.1:1"}',
        "WAYBILL_TOKEN_KEYS": "/run/secrets/token-keys",
        "WAYBILL_TOKEN_KEY_SECONDS": "0",
        "WAYBILL_KEY_ENCRYPTION_KEYS": "/run/secrets/identity-keys",
        "WAYBILL_INDEX_KEY_FILE": "/run/secrets/identity/index-key",
        "WAYBILL_MAIL_FOLDER": "/tmp",  # noqa: S108 - that of the container
        "WAYBILL_PUBLIC_URL": "http://localhost:8000",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_without_rights_is_ready_and_stops_on_a_signal(
    service: str, environment: dict[str, str], databases: dict[str, str], secrets: Path
) -> None:
    port = free_port()
    variables = {**environment, "WAYBILL_PORT": str(port)}
    if service in databases:
        variables["WAYBILL_DATABASE_URL"] = databases[service]
    name = f"waybill-test-{service}-{port}"
    folders = ("access", "identity", "identity-keys", "token-keys")
    mounted = {secrets / each: f"/run/secrets/{each}:ro" for each in folders}

    with container(name, service, environment=variables, volumes=mounted) as running:
        try:
            wait_until(lambda: _is_ready(port), READY_SECONDS_MAX)
        except TimeoutError:
            pytest.fail(running.log())
        status = running.status()
        exit_code = running.stop()
        log = running.log()

    assert exit_code == 0, log
    assert status["Uid"].split() == [str(UID)] * 4
    assert status["CapEff"] == "0" * 16
    assert status["NoNewPrivs"] == "1"
    assert not [line for line in log.splitlines() if '"level":"ERROR"' in line]


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_it_says_which_setting_is_missing() -> None:
    with container("waybill-test-unset", "orders", environment={}, volumes={}) as running:
        wait_until(lambda: running.state()["Status"] == "exited", READY_SECONDS_MAX)
        assert running.state()["ExitCode"] == 78
        assert "WAYBILL_DATABASE_URL is not set" in running.log()


@pytest.mark.parametrize("command", ["audit", "topics plan", "dead-letters list", "events"])
def test_the_commands_for_a_cluster_can_be_run(command: str) -> None:
    assert "Usage: " in output_of("waybill_toolkit", *command.split(), "--help")


def test_it_has_no_compiler_and_no_cache() -> None:
    look = "command -v gcc cc make; ls -d /root/.cache /source /build /wheels"
    found = output_of("-c", f"{look} 2>/dev/null; echo end", entrypoint="sh")
    assert found == "end\n"


def test_it_says_what_is_in_it() -> None:
    described = labels()
    inside = json.loads(output_of(described["io.waybill.sbom"], entrypoint="cat"))
    assert inside == json.loads((ROOT / "build" / "sbom.cdx.json").read_text("utf-8"))
    installed = json.loads(
        output_of(
            "-c",
            "import json; from importlib.metadata import distributions as all;"
            " print(json.dumps([[each.name, each.version] for each in all()]))",
            entrypoint="python3",
        )
    )
    listed = {(each["name"], each["version"]) for each in inside["components"]}
    ours = {"waybill", "waybill-toolkit", *SERVICES}
    assert {(_canonical(name), version) for name, version in installed if name not in ours} == {
        (_canonical(name), version) for name, version in listed
    }
    assert described["org.opencontainers.image.licenses"] == "Apache-2.0"


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
