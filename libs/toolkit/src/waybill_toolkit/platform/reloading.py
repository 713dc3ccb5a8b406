"""`waybill up --reload`: restarts services when code changes.

A change of a service's code restarts that service. A change of its migrations applies them first;
while that fails, the service is held. A change of shared code restarts all services, and the
pre-fork server, which has imported it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from watchfiles import PythonFilter, awatch

from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.migrating import Migrations
from waybill_toolkit.platform.plan import Plan, ServicePlan
from waybill_toolkit.platform.prefork_client import PreforkGoneError
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.watchdog import Watchdog

_QUIET_MS: Final = 100
"""The debounce interval: an editor writes a file in several steps, and git writes many files."""
_BURST_MS_MAX: Final = 2_000

_READ_BY_SERVICES: Final = (".html", ".json", ".sql", ".yaml")
"""Suffixes of watched files other than Python: migrations and generated resources."""


class Reloading:
    def __init__(
        self,
        plan: Plan,
        host: Watchdog,
        services: Sequence[Watchdog],
        migrations: Migrations,
        say: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._migrations = migrations
        self._is_migrated = True
        self._waiting: set[str] = set()
        """Services that are stopped until the migrations succeed."""
        self._host = host
        self._services = {watchdog.unit.name: watchdog for watchdog in services}
        self._say = say

    async def run(self) -> None:
        """Watch the code until cancelled. Report and return when watching is not possible."""
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
        self._is_migrated &= not _within(paths, [each.migrations for each in self._plan.services])
        shared = _within(paths, self._plan.shared_code)
        if shared:
            self._say(f"{shared.name} has changed: starting every service again")
            await self._start_again(self._services, with_host=True)
            return
        changed: list[str] = []
        for service in self._plan.services:
            path = _within(paths, _code_of(service))
            if path and self._services[service.name].state.foreground_pid:
                self._say(f"{path.name} has changed: start {service.name} again in its terminal")
            elif path:
                self._say(f"{path.name} has changed: starting {service.name} again")
            changed += [service.name] if path else []
        await self._start_again(changed)

    async def _start_again(self, names: Iterable[str], *, with_host: bool = False) -> None:
        """Services in a terminal are held for that reason, so they are not restarted."""
        self._waiting.update(names)
        services = [self._services[name] for name in self._waiting]
        async with asyncio.TaskGroup() as tasks:
            for watchdog in services:
                tasks.create_task(watchdog.hold(Condition.WAITING))
        is_migrated = await self._migrate()
        if with_host:
            await self._host.hold(Condition.WAITING)
            self._host.release(Condition.WAITING)
        if is_migrated:
            self._waiting.clear()
            for watchdog in services:
                watchdog.release(Condition.WAITING)

    async def _migrate(self) -> bool:
        """Apply new migrations, if any; return False when one fails."""
        if not self._is_migrated:
            log = self._migrations.follow_log()
            try:
                await self._migrations.run()
            except (StartError, PreforkGoneError) as error:
                self._say(f"{error}; a change tries again:{log.last_words()}")
            else:
                self._is_migrated = True
        return self._is_migrated


def _code_of(service: ServicePlan) -> list[Path]:
    return [each for each in (service.source, service.migrations) if each.is_dir()]


def _within(paths: Iterable[Path], folders: Iterable[Path]) -> Path | None:
    """Return the first of the paths that is in one of the folders."""
    folders = [folder.resolve() for folder in folders]
    return next(
        (path for path in paths if any(path.is_relative_to(folder) for folder in folders)), None
    )
