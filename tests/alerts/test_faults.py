"""Each fault makes its alert fire on a running platform, and no other one: `make test-alerts`."""

import asyncio
import os
import resource
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from tests.alerts.clients import Clients
from tests.alerts.database_faults import RETRY_SECONDS
from tests.alerts.faults import FAULTS, OPEN_FILES
from tests.alerts.monitoring import Alert, Monitoring, declared, monitoring, program
from tests.alerts.scene import Scene

from waybill_toolkit.lab.chaos.faulty_platform import faulty_platform
from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.plan import GATEWAY, Plan, free_port_base
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.valkey import Valkey

SKU: Final = "ALERTS-1"
QUIET_SECONDS: Final = 8.0
"""Before the fault: long enough for what fires at once, and for the first rates."""
CALM_ATTEMPTS: Final = 5
FIRES_SECONDS: Final = 90.0
ALONE_SECONDS: Final = 6.0
"""How long it stays the only one."""
_POLL_SECONDS: Final = 0.5

pytestmark = [
    pytest.mark.skipif(not os.environ.get("WAYBILL_ALERTS"), reason="minutes: make test-alerts"),
    pytest.mark.skipif(
        not (program("prometheus") and program("alertmanager")),
        reason="needs prometheus and alertmanager",
    ),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("alerts")
    store = Valkey(folder)
    await store.start()
    settings = {
        "WAYBILL_SANDBOX_SLOW_SECONDS": "12",
        "WAYBILL_PROVIDER_CALL_TIMEOUT_SECONDS": "15",
        "WAYBILL_PROVIDER_RETRY_FIRST_SECONDS": str(RETRY_SECONDS),
        "WAYBILL_RATE_LIMIT_STORE": store.address,
    }
    services = folder / "services"  # a fault changes a contract
    ignored = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(tree_root() / "services", services, ignore=ignored)
    plan = with_access(Plan.of(folder / "data", services, free_port_base(), settings))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = OPEN_FILES, limit[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, few)  # that of all processes of the platform
    try:
        async with faulty_platform(plan, fresh=True) as faulty:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
            tokens = tokens_of(faulty.platform)
            gateway = faulty.address(GATEWAY)
            client = Client(gateway, gateway, gateway, 60, tokens)
            await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 1_000_000})
            client.close()
            clients = Clients(gateway, tokens, SKU)
            async with clients.running():
                yield Scene(faulty, store, clients)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        store.stop()


@pytest.mark.parametrize("alert", FAULTS)
async def test_the_fault_fires_its_alert_alone(scene: Scene, tmp_path: Path, alert: str) -> None:
    wanted = {each for each in declared() if each.name == alert}
    async with _calm(scene, tmp_path) as watching, FAULTS[alert](scene):
        found = await _first(watching, wanted)
        assert found | await _notified(watching, ALONE_SECONDS) == wanted
    assert await scene.faulty.wait_until_ready(FIRES_SECONDS)


@asynccontextmanager
async def _calm(scene: Scene, folder: Path) -> AsyncIterator[Monitoring]:
    """Watch a platform on which nothing was about to fire for QUIET_SECONDS.

    What the fault before has left, or a machine that stood still for seconds, would be in the
    windows of the rates: then Prometheus begins again with empty data.
    """
    for number in range(CALM_ATTEMPTS):
        async with monitoring(folder / str(number), scene.targets()) as watching:
            if await _stays_calm(watching):
                yield watching
                return
    pytest.fail(f"alerts fired before the fault, {CALM_ATTEMPTS} times")


async def _stays_calm(watching: Monitoring) -> bool:
    for _ in range(int(QUIET_SECONDS / _POLL_SECONDS)):
        if not await watching.is_calm():
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def _first(watching: Monitoring, wanted: set[Alert]) -> set[Alert]:
    """Return what is notified first: all that is wanted, or something else. Raises TimeoutError."""
    async with asyncio.timeout(FIRES_SECONDS):
        while not (found := await watching.notified()) or found < wanted:
            await asyncio.sleep(_POLL_SECONDS)
    return found


async def _notified(watching: Monitoring, seconds: float) -> set[Alert]:
    """Return all alerts that are notified within a time."""
    found: set[Alert] = set()
    for _ in range(int(seconds / _POLL_SECONDS)):
        found |= await watching.notified()
        await asyncio.sleep(_POLL_SECONDS)
    return found
