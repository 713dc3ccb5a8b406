"""The platform of a campaign: every link between its processes has a fault proxy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from waybill_toolkit.lab.chaos.fault_proxies import FaultProxies
from waybill_toolkit.lab.chaos.schedule import Targets
from waybill_toolkit.lab.chaos.small_disk import may_be_filled
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform, wait_until_started
from waybill_toolkit.platform.plan import GATEWAY, Plan
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.state import Condition, ProcessState, State

UNSETTLED: Final = (Condition.DOWN, Condition.STARTING)

_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class FaultyPlatform:
    """A platform with fault proxies on its links."""

    plan: Plan
    platform: Platform
    fault_proxies: FaultProxies
    replicas: dict[int, str]
    """Replicas that the campaign has started: their service by pid."""

    @property
    def targets(self) -> Targets:
        """The targets of faults."""
        return Targets(
            self.platform.services,
            self.platform.databases,
            may_be_filled(self.plan.data),
            self.plan.broker is BrokerKind.EMBEDDED,
        )

    def address(self, service: str) -> str:
        """Return the address of a service for clients: that of a fault proxy."""
        return f"http://{LOOPBACK}:{self.fault_proxies.client_ports[service]}"

    def is_ready(self) -> bool:
        """Whether every process runs and is ready."""
        return all(process.condition is Condition.READY for process in self._processes())

    def down(self) -> list[str]:
        """Return the processes that do not run or are not ready."""
        return [each.name for each in self._processes() if each.condition in UNSETTLED]

    def _processes(self) -> list[ProcessState]:
        return [each for each in self.platform.state().processes if each.kind != "task"]

    async def wait_until_ready(self, within_seconds: float) -> bool:
        """Wait until every process is ready; False after a timeout."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while not self.is_ready():
            if loop.time() > deadline:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True


@asynccontextmanager
async def faulty_platform(plan: Plan, *, fresh: bool = False) -> AsyncIterator[FaultyPlatform]:
    """Run a platform with fault proxies. Raises PlatformError when it cannot start.

    No platform may run on the plan's data folder.
    """
    replicas: dict[int, str] = {}
    state_file = DataFolder(plan.data).state_file

    def processes() -> dict[int, str]:
        state = State.read(state_file)
        running = {each.pid: each.name for each in state.processes if each.pid} if state else {}
        return running | replicas

    fault_proxies = FaultProxies(
        plan.ports(), {each.name: GATEWAY for each in plan.services}, processes
    )
    async with fault_proxies.opened():
        led = replace(plan, fault_proxies=fault_proxies.ports)
        supervisor = launcher.launch(led, fresh=fresh, dies_with_us=True)
        try:
            await asyncio.to_thread(wait_until_started, led, supervisor)
            yield FaultyPlatform(led, Platform.load(plan.data), fault_proxies, replicas)
        finally:
            fault_proxies.heal()
            await asyncio.to_thread(launcher.stop, plan.data)
            supervisor.wait()
