"""The platform of a campaign: every process of it reaches every other one through a detour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from waybill_toolkit.lab.chaos.fault_proxies import FaultProxies
from waybill_toolkit.lab.chaos.schedule import Terrain
from waybill_toolkit.lab.chaos.small_disk import may_be_filled
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform, wait_until_started
from waybill_toolkit.platform.plan import GATEWAY, Plan
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.state import Condition, ProcessState, State

UNSETTLED: Final = (Condition.DOWN, Condition.STARTING)

_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Arena:
    """A platform whose links can be made bad."""

    plan: Plan
    platform: Platform
    fault_proxies: FaultProxies
    replicas: dict[int, str]
    """Processes that the campaign itself adds: their service by pid."""

    @property
    def terrain(self) -> Terrain:
        """What there is to break."""
        return Terrain(
            self.platform.services, self.platform.databases, may_be_filled(self.plan.data)
        )

    def address(self, service: str) -> str:
        """Return where clients reach a service: through a detour."""
        return f"http://{LOOPBACK}:{self.fault_proxies.doors[service]}"

    def is_whole(self) -> bool:
        """Whether every process runs and is ready."""
        return all(process.condition is Condition.READY for process in self._processes())

    def down(self) -> list[str]:
        """List what does not run now, or is not ready yet."""
        return [each.name for each in self._processes() if each.condition in UNSETTLED]

    def _processes(self) -> list[ProcessState]:
        return [each for each in self.platform.state().processes if each.kind != "task"]

    async def until_whole(self, within_seconds: float) -> bool:
        """Wait until every process is ready; False when that takes too long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while not self.is_whole():
            if loop.time() > deadline:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True


@asynccontextmanager
async def arena(plan: Plan, *, fresh: bool = False) -> AsyncIterator[Arena]:
    """Run a platform with fault_proxies meanwhile. Raises PlatformError when it cannot start.

    Nothing may run on the plan's data folder.
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
            yield Arena(led, Platform.load(plan.data), fault_proxies, replicas)
        finally:
            fault_proxies.clear_up()
            await asyncio.to_thread(launcher.stop, plan.data)
            supervisor.wait()
