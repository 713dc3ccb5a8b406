"""`waybill up --reload`: what is started again when code changes.

A change of a service's own code, or of its migrations, starts that service again. A change of what
services share starts all of them, and the host, which has imported it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from watchfiles import PythonFilter, awatch

from waybill_toolkit.platform.plan import Plan, ServicePlan
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.watchdog import Watchdog

_QUIET_MS: Final = 100
"""Without another change, before a burst of them is taken for over: an editor writes files in
several steps, and git many of them."""
_BURST_MS_MAX: Final = 2_000

_READ_BY_SERVICES: Final = (".html", ".json", ".sql", ".yaml")
"""Beside Python: migrations, and what the generated packages bring."""


class Reloading:
    def __init__(
        self, plan: Plan, host: Watchdog, services: Sequence[Watchdog], say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._host = host
        self._services = {watchdog.unit.name: watchdog for watchdog in services}
        self._say = say

    async def run(self) -> None:
        """Watch the code until cancelled. When that is not possible, say so and return."""
        folders = [*self._plan.shared_code]
        for service in self._plan.services:
            folders += _code_of(service)
        changes = awatch(
            *folders,
            watch_filter=PythonFilter(extra_extensions=_READ_BY_SERVICES),
            debounce=_BURST_MS_MAX,
            step=_QUIET_MS,
        )
        try:
            async for burst in changes:
                await self._take(sorted(Path(path) for _, path in burst))
        except OSError as error:  # such as the limit of inotify watches
            self._say(f"code cannot be watched any more, and nothing is reloaded: {error}")

    async def _take(self, paths: list[Path]) -> None:
        shared = _within(paths, self._plan.shared_code)
        if shared:
            self._say(f"{shared.name} has changed: starting every service again")
            await self._start_again(self._services.values(), with_host=True)
            return
        changed = [(each, _within(paths, _code_of(each))) for each in self._plan.services]
        for service, path in changed:
            if path:
                self._say(f"{path.name} has changed: starting {service.name} again")
        await self._start_again([self._services[each.name] for each, path in changed if path])

    async def _start_again(self, services: Iterable[Watchdog], *, with_host: bool = False) -> None:
        services = list(services)
        async with asyncio.TaskGroup() as tasks:
            for watchdog in services:
                tasks.create_task(watchdog.hold(Condition.WAITING))
        if with_host:
            await self._host.hold(Condition.WAITING)
            self._host.release(Condition.WAITING)
        for watchdog in services:
            watchdog.release(Condition.WAITING)


def _code_of(service: ServicePlan) -> list[Path]:
    return [each for each in (service.source, service.migrations) if each.is_dir()]


def _within(paths: Iterable[Path], folders: Iterable[Path]) -> Path | None:
    """Return the first of the paths that is in one of the folders."""
    folders = [folder.resolve() for folder in folders]
    return next(
        (path for path in paths if any(path.is_relative_to(folder) for folder in folders)), None
    )
