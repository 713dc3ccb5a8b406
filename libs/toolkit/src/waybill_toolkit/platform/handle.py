"""A running platform, for commands and tests."""

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.access import asks_for_tokens
from waybill_toolkit.platform.broker_users import TOOLKIT, security_of
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import NotRunningError, StartError, UnknownServiceError
from waybill_toolkit.platform.log_files import last_lines
from waybill_toolkit.platform.plan import (
    POSTGRES_OFFSET,
    Plan,
)
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.postgres import ADMIN, postgres_url
from waybill_toolkit.platform.processes import Identity
from waybill_toolkit.platform.secret_files import SecretFiles
from waybill_toolkit.platform.service_variables import variables_of
from waybill_toolkit.platform.state import Condition, ProcessState, State, Status
from waybill_toolkit.platform.waiting import wait_until

START_SECONDS = 240.0
READY_AGAIN_SECONDS = 120.0
_LINES = 20


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform. Fields do not change while it runs; methods read the current state."""

    folder: Path
    port_base: int
    addresses: Mapping[str, str]  # of the services, by name: "http://127.0.0.1:7401"
    databases: Sequence[str]  # the services that have one

    @classmethod
    def load(cls, folder: Path) -> "Platform":
        """Find the platform that runs on a data folder; raises NotRunningError."""
        state = State.read(DataFolder(folder).state_file)
        if state is None or not state.is_running:
            raise NotRunningError(
                f"No platform runs on {folder}: start one with `waybill up --detach`."
            )
        services = [process for process in state.processes if process.kind == "service"]
        addresses = {service.name: str(service.address) for service in services}
        databases = [service.name for service in services if service.has_database]
        return cls(folder, state.port_base, addresses, databases)

    @property
    def services(self) -> list[str]:
        return list(self.addresses)

    def plan(self) -> Plan:
        """Read the plan of the supervisor."""
        return Plan.from_json(DataFolder(self.folder).plan_file.read_text(encoding="utf-8"))

    @property
    def asks_for_tokens(self) -> bool:
        """Whether services ask for the tokens of this platform's identity service."""
        return asks_for_tokens(self.plan())

    def variables(self, service: str) -> dict[str, str]:
        """Compute the environment variables with which the platform starts a service."""
        plan = self.plan()
        return variables_of(plan, plan.service(service))

    def known(self, service: str) -> str:
        """Return the name of a service that this platform runs; raises UnknownServiceError."""
        if service not in self.addresses:
            close = get_close_matches(service, self.services, n=1)
            hint = f"Did you mean {close[0]}? " if close else ""
            raise UnknownServiceError(
                f"There is no service {service}. {hint}This platform runs "
                f"{', '.join(self.services)}."
            )
        return service

    @property
    def bootstrap_servers(self) -> str:
        return self.plan().bootstrap_servers

    @property
    def postgres_address(self) -> str:
        return f"{LOOPBACK}:{self.port_base + POSTGRES_OFFSET}"

    @property
    def observers(self) -> dict[str, str]:
        """Return the addresses of `prometheus` and `dashboards`, if they run."""
        observers = self.plan().observers
        names = observers.ports(self.port_base) if observers else ()
        return {name: str(self.process(name).address) for name in names}

    def database_url(self, service: str, database: str | None = None) -> str:
        """Return the address of one of a service's databases with the role of that service."""
        password = SecretFiles(self.folder).password(service)
        port = self.port_base + POSTGRES_OFFSET
        return postgres_url(port, database or service, service, password)

    def all_databases(self) -> dict[str, str]:
        """Return the addresses of all databases: those of `databases`, and the parts of stock."""
        plan = self.plan()
        return {
            name: self.database_url(service, name)
            for service in self.databases
            for name in plan.databases_of(service)
        }

    def admin_url(self, database: str) -> str:
        """Return the address of any database with a superuser's role."""
        password = SecretFiles(self.folder).password(ADMIN)
        return postgres_url(self.port_base + POSTGRES_OFFSET, database, ADMIN, password)

    def broker_security(self, user: str = TOOLKIT) -> KafkaSecurity:
        """Return how a user connects to the broker: `waybill` itself, a service, or `reader`."""
        plan = self.plan()
        if plan.running_broker:  # with one user for all
            # Imported here: a client of Kafka takes 10 MB.
            from waybill_toolkit.platform.running_broker import (  # noqa: PLC0415 - see above
                security_in_environment,
            )

            return security_in_environment(plan.bootstrap_servers)
        return security_of(self.folder, plan.broker, user)

    def process(self, name: str) -> ProcessState:
        """Return the current state of one process; raises KeyError, NotRunningError."""
        return self.state().process(name)

    def pids(self) -> dict[str, int]:
        """List the processes that run now: services, postgres, broker, prefork."""
        processes = self.state().processes
        return {process.name: process.pid for process in processes if process.pid}

    def state(self) -> State:
        state = State.read(DataFolder(self.folder).state_file)
        if state is None:
            raise NotRunningError(f"No platform runs on {self.folder}.")
        return state

    def kill(self, name: str) -> Identity:
        """Kill a process with SIGKILL, like a crash, and return when it has ended."""
        identity = self.process(name).identity
        if identity is None or not identity.signal(signal.SIGKILL):
            raise NotRunningError(f"{name} does not run.")
        wait_until(lambda: not identity.is_alive(), READY_AGAIN_SECONDS, f"the end of {name}")
        return identity

    def wait_until_replaced(self, killed: Identity, name: str) -> None:
        """Return when the replacement of a killed process is ready.

        Raises NotRunningError when the platform has ended, TimeoutError.
        """
        self._wait_until_ready(name, apart_from=killed)

    def wait_until_ready(self, name: str) -> None:
        """Return when a process is ready.

        Raises NotRunningError when the platform has ended, TimeoutError.
        """
        self._wait_until_ready(name)

    def _wait_until_ready(self, name: str, apart_from: Identity | None = None) -> None:
        def is_ready() -> bool:
            if not self.state().is_running:  # it will not be restarted
                raise NotRunningError(why_it_ended(DataFolder(self.folder)))
            return self.is_ready(name, apart_from)

        wait_until(is_ready, READY_AGAIN_SECONDS, f"{name} to be ready; see `waybill logs {name}`")

    def is_ready(self, name: str, apart_from: Identity | None = None) -> bool:
        """Whether a process is ready now, and is not the former one."""
        process = self.process(name)
        return process.condition is Condition.READY and process.identity != apart_from

    def stop(self) -> None:
        """Stop everything and return when no process is left."""
        launcher.stop(self.folder)


@contextmanager
def running(plan: Plan, *, fresh: bool = False) -> Iterator[Platform]:
    """Run a platform during the block. It ends when this process ends for any reason.

    Raises PlatformError, with the last lines of the log of what failed.
    """
    supervisor = launcher.launch(plan, fresh=fresh, dies_with_us=True)
    try:
        wait_until_started(plan, supervisor)
        yield Platform.load(plan.data)
    finally:
        launcher.stop(plan.data)
        supervisor.wait()


def wait_until_started(plan: Plan, supervisor: subprocess.Popen[bytes]) -> None:
    """Return when everything is ready; raises StartError when the supervisor ended instead."""
    folder = DataFolder(plan.data)

    def is_decided() -> bool:
        state = State.read(folder.state_file)
        return supervisor.poll() is not None or bool(state and state.status is Status.READY)

    wait_until(is_decided, START_SECONDS)
    if supervisor.poll() is not None:
        raise StartError(why_it_ended(folder))


def why_it_ended(folder: DataFolder) -> str:
    """Explain why a supervisor ended unexpectedly, with the last lines of a log."""
    state = State.read(folder.state_file)
    name = (state and state.failed_process) or launcher.SUPERVISOR_LOG
    reason = (state and state.failure) or "the supervisor was ended"
    log = folder.log(name)
    full = "" if folder.has_room else " The disk is full."
    return "\n".join(
        [
            f"Waybill does not run: {reason}.{full} The last lines of {log}:",
            *last_lines(log, _LINES),
        ]
    )
