"""Prometheus and VictoriaMetrics as processes of the supervisor: `waybill up --observe`."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from typing_extensions import override

from waybill_toolkit.platform.children import Child, watch
from waybill_toolkit.platform.managed_process import ManagedProcess
from waybill_toolkit.platform.observe.folder import ObserversFolder
from waybill_toolkit.platform.observe.programs import DRAWS, Observers
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.probe import answers_ok
from waybill_toolkit.platform.processes import Program

RETENTION: Final = "2d"
_DISK: Final = "512MB"
_MEMORY: Final = "64MB"
_STOP_SECONDS: Final = 10.0  # for syncing files


def managed_observers(plan: Plan, log: Callable[[str], Path]) -> list[ManagedProcess]:
    """Return what watches the platform, if that is wanted. Prometheus starts last, and stops first.

    So it can pass on what it has read.
    """
    if plan.observers is None:
        return []
    of = plan.observers
    return [Dashboards(plan, of, log("dashboards")), Prometheus(plan, of, log("prometheus"))]


class _Observer(ManagedProcess):
    kind = "server"
    stop_seconds = _STOP_SECONDS
    page = ""
    ready_path: str

    def __init__(self, port: int, log: Path, command: list[str]) -> None:
        self.address = f"http://{LOOPBACK}:{port}{self.page}"
        self.log = log
        self._port = port
        # Killed with the supervisor: neither waits for the other, and each has a log of its own.
        self._program = Program(command, log, signal.SIGKILL)

    @override
    async def launch(self) -> Child:
        return watch(self._program.spawn())

    @override
    async def is_ready(self, child: Child) -> bool:
        return await answers_ok(self._port, self.ready_path)


class Prometheus(_Observer):
    """Reads /metrics of every service, evaluates the rules, and passes all series on."""

    name = "prometheus"
    ready_path = "/-/ready"

    def __init__(self, plan: Plan, observers: Observers, log: Path) -> None:
        port, folder = plan.ports()[self.name], ObserversFolder.of(plan.data)
        command = [
            str(observers.prometheus),
            f"--config.file={folder.prometheus_file}",
            f"--storage.tsdb.path={folder.prometheus_data}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"--storage.tsdb.retention.size={_DISK}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--log.level=warn",
        ]
        super().__init__(port, log, command)


class Dashboards(_Observer):
    """VictoriaMetrics, whose interface draws dashboards from the series that it gets."""

    name = "dashboards"
    page = "/vmui/#/dashboards"
    ready_path = "/health"

    def __init__(self, plan: Plan, observers: Observers, log: Path) -> None:
        port, folder = plan.ports()[self.name], ObserversFolder.of(plan.data)
        command = [
            str(observers.victoria_metrics),
            f"-storageDataPath={folder.victoria_metrics_data}",
            f"-retentionPeriod={RETENTION}",
            f"-memory.allowedBytes={_MEMORY}",
            f"-httpListenAddr={LOOPBACK}:{port}",
            f"-{DRAWS}={folder.dashboards}",
            "-search.latencyOffset=5s",  # not 30: what is drawn arrives within seconds
            "-loggerLevel=WARN",
        ]
        super().__init__(port, log, command)
