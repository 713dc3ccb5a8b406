"""`waybill upgrade` in the supervisor: goes on with other code, one service after the other.

    command                                supervisor
    writes DATA/upgrade.json
    SIGHUP ──────────────────────────────▶ starts a pre-fork server, which imports the code on disk
                                           migrates the databases: what the code needs
                                           of each service, the gateway last:
                                             starts a process; both share the port
                                             stops the old one when the new one is ready
    state.json says which step it is ◀──── stops the old pre-fork server

A version that the databases do not go with is refused before any service is touched. A service
that does not get ready is left as it was, and so are those after it.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import PlatformError, StartError
from waybill_toolkit.platform.managed_process import ManagedService, PreforkServer
from waybill_toolkit.platform.migrating import Migrations
from waybill_toolkit.platform.plan import GATEWAY, Plan
from waybill_toolkit.platform.prefork_client import PreforkClient, PreforkGoneError
from waybill_toolkit.platform.state import Condition, State, Upgrade
from waybill_toolkit.platform.watchdog import Watchdog

_PREFORK: Final = "prefork"


def request_upgrade(data: Path, number: int, services_root: Path) -> None:
    """Leave a request for the supervisor."""
    unfinished = request_file(data).with_suffix(".unfinished")
    unfinished.write_text(
        json.dumps({"number": number, "services": str(services_root)}), encoding="utf-8"
    )
    unfinished.replace(request_file(data))


def request_file(data: Path) -> Path:
    """Return the file of the request."""
    return data / "upgrade.json"


class Report(NamedTuple):
    """What the supervisor shows: its state, which is written on each change, and its log."""

    state: State
    on_change: Callable[[], None]
    say: Callable[[str], None]


class Upgrading:
    """Upgrades the services of a platform."""

    def __init__(
        self,
        plan: Plan,
        services: Mapping[str, tuple[ManagedService, Watchdog]],
        prefork: tuple[PreforkClient, Watchdog],
        migrations: Migrations,
        report: Report,
    ) -> None:
        self._plan = plan
        self._folder = DataFolder(plan.data)
        self._services = services
        self._preforks = [prefork]
        self._migrations = migrations
        self._state = report.state
        self._say = report.say
        self._on_change = report.on_change
        self._asked = asyncio.Event()

    @property
    def preforks(self) -> list[Watchdog]:
        """The pre-fork servers that services come from: more than one after a failed upgrade."""
        return [watchdog for _, watchdog in self._preforks]

    def find_request(self) -> None:
        """Find a new request."""
        self._asked.set()

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Upgrade whenever it is requested, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if request := self._request():
                await self._upgrade(*request, tasks)

    def _request(self) -> tuple[int, Path] | None:
        try:
            document = json.loads(request_file(self._plan.data).read_text(encoding="utf-8"))
            number, root = int(document["number"]), Path(document["services"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        last = self._state.upgrade
        return (number, root) if last is None or number > last.number else None

    async def _upgrade(self, number: int, root: Path, tasks: asyncio.TaskGroup) -> None:
        self._state.upgrade = upgrade = Upgrade(number)
        try:
            self._refuse_unready()
            await self._roll(self._plan.of_folder(root), tasks)
        except (PlatformError, StartError, PreforkGoneError) as error:
            upgrade.failure = str(error)
            self._say(f"the upgrade failed: {error}")
        else:
            self._say(f"everything runs the code of {root}")
        upgrade.is_over = True
        self._on_change()

    def _refuse_unready(self) -> None:
        if self._plan.reload:
            raise PlatformError("This platform starts services again by itself: --reload.")
        for name, (_, watchdog) in self._services.items():
            if watchdog.state.condition is not Condition.READY:
                raise PlatformError(
                    f"{name} is {watchdog.state.condition}: every service must be ready first; see "
                    f"`waybill logs {name}`."
                )

    async def _roll(self, plan: Plan, tasks: asyncio.TaskGroup) -> None:
        self._step("importing the code")
        client = PreforkClient(self._folder.log(_PREFORK))
        server = PreforkServer(client, self._folder.log(_PREFORK))
        prefork = Watchdog(server, self._say, self._on_change)
        prefork.begin(tasks)
        try:
            await prefork.first_ready
            await self._migrate(plan, client)
        except (StartError, PreforkGoneError):
            await prefork.stop()
            client.close()
            raise
        self._preforks.append((client, prefork))
        for name in sorted(self._services, key=lambda name: name == GATEWAY):
            await self._replace(name, plan, client)
        self._state.processes = [
            prefork.state if each.name == _PREFORK else each for each in self._state.processes
        ]
        *old, _ = self._preforks
        self._preforks = [(client, prefork)]
        for former, watchdog in old:
            await watchdog.stop()
            former.close()
        self._plan = plan
        self._folder.plan_file.write_text(plan.to_json(), encoding="utf-8")

    async def _migrate(self, plan: Plan, client: PreforkClient) -> None:
        self._step("migrating the databases")
        log = self._migrations.follow_log()
        try:
            await self._migrations.run_with(plan, client)
        except StartError as error:
            raise StartError(f"{error}; nothing was changed:{log.last_words()}") from error

    async def _replace(self, name: str, plan: Plan, client: PreforkClient) -> None:
        self._step(f"upgrading {name}")
        service, watchdog = self._services[name]
        former = service.launcher
        service.use(plan, plan.service(name), client)
        try:
            await watchdog.replace(service.launch_beside)
        except (StartError, PreforkGoneError):
            service.launcher = former
            raise

    def _step(self, step: str) -> None:
        if self._state.upgrade:
            self._state.upgrade.step = step
        self._say(step)
        self._on_change()
