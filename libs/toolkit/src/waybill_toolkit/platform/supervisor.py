"""The supervisor: starts everything in order, keeps it running, stops it in order.

Run as `python -m waybill_toolkit.platform.supervisor PLAN LOCK`, with the plan in JSON and the
descriptor of the data folder's lock, which is held until this process ends. Its output is
its log. SIGTERM or SIGINT stops everything, the second one immediately. SIGHUP reports a service
that is to run in a terminal, or an upgrade; see lending.py and upgrading.py.
"""

import asyncio
import signal
import sys
import time
import traceback
from collections.abc import Coroutine, Sequence
from contextlib import suppress

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.lending import Lending
from waybill_toolkit.platform.log_files import keep_small
from waybill_toolkit.platform.managed_observers import managed_observers
from waybill_toolkit.platform.managed_process import (
    ManagedBroker,
    ManagedPostgres,
    ManagedProcess,
    ManagedService,
    PreforkServer,
)
from waybill_toolkit.platform.migrating import MIGRATIONS, Migrations
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.prefork_client import PreforkClient
from waybill_toolkit.platform.processes import name_this_process
from waybill_toolkit.platform.state import Status, new_state
from waybill_toolkit.platform.state_file import StateFile
from waybill_toolkit.platform.upgrading import Report, Upgrading
from waybill_toolkit.platform.watchdog import Watchdog


class Supervisor:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._folder = DataFolder(plan.data)
        self._state = new_state(plan.port_base)
        self._state_file = StateFile(self._folder.state_file, self._state, say)
        self._prefork_client = PreforkClient(self._folder.log("prefork"))
        log = self._folder.log
        self._prefork = self._keeper(
            PreforkServer(self._prefork_client, log("prefork")), reload=plan.reload
        )
        self._servers = [
            self._keeper(ManagedPostgres(plan, log("postgres"))),
            *([] if plan.running_broker else [self._keeper(ManagedBroker(plan, log("broker")))]),
            *(self._keeper(each) for each in managed_observers(plan, log)),
        ]
        self._migrations = Migrations(
            plan, self._prefork_client, log(MIGRATIONS), self._state_file.write
        )
        units = [
            ManagedService(plan, service, self._prefork_client, log(service.name))
            for service in plan.services
        ]
        self._services = [self._keeper(unit, reload=plan.reload) for unit in units]
        self._lending = Lending(plan.data, self._services, say)
        self._upgrading = Upgrading(
            plan,
            {unit.name: (unit, each) for unit, each in zip(units, self._services, strict=True)},
            (self._prefork_client, self._prefork),
            self._migrations,
            Report(self._state, self._state_file.write, say),
        )
        self._helpers: list[asyncio.Task[None]] = []
        self._state.processes = [
            *(watchdog.state for watchdog in self._all_servers()),
            self._migrations.state,
            *(watchdog.state for watchdog in self._services),
        ]
        self._stop_asked = asyncio.Event()

    def _keeper(self, unit: ManagedProcess, *, reload: bool = False) -> Watchdog:
        return Watchdog(unit, say, self._state_file.write, awaits_changes=reload)

    def _all_servers(self) -> list[Watchdog]:
        return [*self._servers, *self._upgrading.preforks]

    async def run(self) -> None:
        """Return when everything is stopped; the state says whether that was requested."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._find_requests)
        self._set_status(Status.STARTING, "starting PostgreSQL and the broker")
        try:
            async with asyncio.TaskGroup() as tasks:
                self._help(tasks, keep_small(self._folder.logs))
                self._help(tasks, self._lending.run())
                self._help(tasks, self._state_file.run())
                starting = tasks.create_task(self._start_or_report(tasks))
                try:
                    await self._stop_asked.wait()
                finally:
                    starting.cancel()
                    for helper in self._helpers:
                        helper.cancel()
                    await self._stop()
        except BaseExceptionGroup:
            self._state.failure = "the supervisor failed"
            self._set_status(Status.FAILED, "")
            raise

    def _find_requests(self) -> None:
        self._lending.find_claims()
        self._upgrading.find_request()

    def _help(self, tasks: asyncio.TaskGroup, work: Coroutine[None, None, None]) -> None:
        """Run a task until everything is stopped."""
        self._helpers.append(tasks.create_task(work))

    def _ask_to_stop(self) -> None:
        if self._stop_asked.is_set():
            for watchdog in (*self._services, *self._all_servers()):
                watchdog.hurry()
        self._stop_asked.set()

    async def _start_or_report(self, tasks: asyncio.TaskGroup) -> None:
        try:
            await self._start(tasks)
        except StartError as error:
            self._state.failure = str(error)
            say(f"giving up: {error}")
            self._stop_asked.set()

    async def _start(self, tasks: asyncio.TaskGroup) -> None:
        for watchdog in self._all_servers():
            watchdog.begin(tasks)
        await self._until_ready(self._all_servers())
        self._set_status(Status.STARTING, "migrating the databases")
        try:
            await self._migrations.run()
        except StartError:
            self._state.failed_process = MIGRATIONS
            raise
        self._set_status(Status.STARTING, "starting the services")
        if self._plan.reload:
            # Imported here: watching takes memory.
            from waybill_toolkit.platform.reloading import Reloading  # noqa: PLC0415

            reloading = Reloading(self._plan, self._prefork, self._services, self._migrations, say)
            self._help(tasks, reloading.run())
        for watchdog in self._services:
            watchdog.begin(tasks)
        await self._until_ready(self._services)
        self._help(tasks, self._upgrading.run(tasks))
        self._set_status(Status.READY, "")
        say("everything is ready")

    async def _until_ready(self, watchdogs: Sequence[Watchdog]) -> None:
        """Raise StartError as soon as a process fails, with its name in the state."""
        await asyncio.wait(
            [watchdog.first_ready for watchdog in watchdogs], return_when=asyncio.FIRST_EXCEPTION
        )
        for watchdog in watchdogs:
            if watchdog.first_ready.done() and watchdog.first_ready.exception():
                self._state.failed_process = watchdog.unit.name
                watchdog.first_ready.result()

    async def _stop(self) -> None:
        """Stop services first, so that they finish their requests and batches; PostgreSQL last."""
        self._set_status(Status.STOPPING, "stopping")
        async with asyncio.TaskGroup() as stopping:
            for watchdog in self._services:
                stopping.create_task(watchdog.stop())
        for watchdog in reversed(self._all_servers()):
            await watchdog.stop()
        self._prefork_client.close()
        failed = self._state.failure is not None
        self._set_status(Status.FAILED if failed else Status.STOPPED, "")
        say("everything is stopped")

    def _set_status(self, status: Status, step: str) -> None:
        self._state.status = status
        self._state.step = step
        self._state_file.write()


def say(what: str) -> None:
    """Write a line to the log, which `waybill up` shows. On a full disk it may be lost."""
    with suppress(OSError):
        print(time.strftime("%H:%M:%S"), what, flush=True)


async def _supervise(plan: Plan) -> None:
    await Supervisor(plan).run()


def main() -> None:
    name_this_process("waybill")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asyncio.run(_supervise(Plan.from_json(sys.argv[1])))
    except BaseException:
        traceback.print_exc()
        raise


if __name__ == "__main__":
    main()
