"""Starts a supervisor, and cleans up after one that was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import PlatformError, PortInUseError
from waybill_toolkit.platform.observe.folder import ObserversFolder
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.ports import is_free, listener
from waybill_toolkit.platform.postgres_home import find_home
from waybill_toolkit.platform.processes import Identity, Program, working_in
from waybill_toolkit.platform.state import State
from waybill_toolkit.platform.waiting import wait_until

SUPERVISOR_LOG = "platform"

_REMAINS_SECONDS = 35.0  # PostgreSQL's fast shutdown, and then some
_STOP_SECONDS = 60.0  # services, broker, PostgreSQL, each with its own limit


def launch(plan: Plan, *, fresh: bool, dies_with_us: bool) -> subprocess.Popen[bytes]:
    """Start a supervisor on the plan's data folder, which is created or, with `fresh`, wiped.

    Raises PlatformError when the folder is in use or not Waybill's, or a port is in use.
    """
    refuse_other_systems()
    if plan.kafka_jars:
        ensure_kafka(plan.kafka_jars)
    if plan.running_broker:
        # Imported here: a client of Kafka takes 10 MB.
        from waybill_toolkit.platform.running_broker import require_broker  # noqa: PLC0415

        require_broker(plan.running_broker.bootstrap_servers)
    folder = DataFolder(plan.data)
    folder.make()
    lock = folder.lock()
    try:
        end_remains(folder)
        if fresh:
            folder.wipe()
        folder.refuse_other_version()
        folder.refuse_full_disk()
        folder.logs.mkdir(mode=0o700, exist_ok=True)
        _refuse_taken_ports(plan)
        plan.keep_ports()
        folder.plan_file.write_text(plan.to_json(), encoding="utf-8")
        _configure_observers(plan)
        folder.state_file.unlink(missing_ok=True)
        return Program(
            [
                sys.executable,
                "-m",
                "waybill_toolkit.platform.supervisor",
                plan.to_json(),
                str(lock),
            ],
            log=folder.log(SUPERVISOR_LOG),
            death_signal=signal.SIGTERM if dies_with_us else None,
            inherited=[lock],
        ).spawn()
    finally:
        os.close(lock)


def stop(data: Path) -> bool:
    """Stop the platform that runs on `data` and wait until no process is left.

    Also when its supervisor was killed. Returns False when nothing was running.
    """
    folder = DataFolder(data)
    state = State.read(folder.state_file)
    remains = _remains(folder)
    if state and state.is_running:
        state.supervisor.signal(signal.SIGTERM)
        _wait_until_gone([state.supervisor], _STOP_SECONDS)
    end_remains(folder)
    return bool(remains)


def end_remains(folder: DataFolder) -> None:
    """Wait for the processes that a killed supervisor left; all of them are ending.

    Kill those that do not end in time.
    """
    remains = _remains(folder)
    if remains:
        _wait_until_gone(remains, _REMAINS_SECONDS)


def _remains(folder: DataFolder) -> list[Identity]:
    state = State.read(folder.state_file)
    home = find_home(folder.path)
    backends = working_in(home / "data") if home else []
    return [*(state.remains() if state else ()), *backends]


def _wait_until_gone(processes: list[Identity], within_seconds: float) -> None:
    try:
        wait_until(lambda: not any(process.is_alive() for process in processes), within_seconds)
    except TimeoutError:
        for process in processes:
            process.signal(signal.SIGKILL)
        wait_until(lambda: not any(process.is_alive() for process in processes), within_seconds)


def _configure_observers(plan: Plan) -> None:
    if plan.observers:
        # Imported here: only with --observe.
        from waybill_toolkit.platform.observe.configuration import (  # noqa: PLC0415 - see above
            write_configuration,
        )

        services = {service.name: service.port for service in plan.services}
        drawing_port = plan.ports()["dashboards"]
        folder = ObserversFolder.of(plan.data)
        write_configuration(folder, plan.observers.chart, services, drawing_port)


def _refuse_taken_ports(plan: Plan) -> None:
    for name, port in plan.ports().items():
        refuse_taken_port(name, port, "choose other ports with --port-base")


def refuse_taken_port(name: str, port: int, else_do: str) -> None:
    """Raise PortInUseError, with the process that listens, when a port is not free."""
    if not is_free(port):
        by = listener(port)
        raise PortInUseError(
            f"Port {port}, meant for {name}, is in use{f' by {by}' if by else ''}: "
            f"stop that, or {else_do}."
        )


def refuse_other_systems() -> None:
    if sys.platform != "linux":
        raise PlatformError(
            f"The local platform runs on Linux and this is {sys.platform}: use a container or a "
            "virtual machine."
        )
