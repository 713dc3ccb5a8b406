"""Apache Kafka for tests that need more than the one node of a platform."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.apache_kafka.configuration import Configuration
from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka, jars_folder
from waybill_toolkit.platform.apache_kafka.starting import new_cluster, prepared
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.ports import LOOPBACK, answers, free_port
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.waiting import wait_until

START_SECONDS: Final = 180.0
"""Three nodes take 20 s on an idle machine with two cores."""
STOP_SECONDS: Final = 30.0


class KafkaNode:
    """One node, each both a broker and a controller."""

    def __init__(
        self, home: Path, configuration: Configuration, options: tuple[str, ...], cluster: str
    ) -> None:
        self.number = configuration.node
        self.port = configuration.port
        self.log = home / "kafka.log"
        self._home = home
        self._configuration = configuration
        self._options = options
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return at once."""
        self._home.mkdir(exist_ok=True)
        command = prepared(
            self._home, self._configuration, jars_folder(), *self._options, cluster=self._cluster
        )
        program = Program(command, log=self.log, death_signal=signal.SIGKILL)
        self._process = program.spawn()

    def wait_until_ready(self) -> None:
        """Return when it accepts connections. Raises StartError, TimeoutError."""
        wait_until(lambda: not self._is_running or answers(self.port), START_SECONDS)
        if not self._is_running:
            raise StartError(f"Kafka ended at start: {self.log.read_text()[-3000:]}")

    @property
    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it: with SIGKILL like a crash."""
        if self._process is not None:
            end(self._process, number, STOP_SECONDS)
            self._process = None


class KafkaCluster:
    """Nodes whose partitions have a copy on each."""

    def __init__(self, nodes: list[KafkaNode]) -> None:
        self.nodes = {node.number: node for node in nodes}

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes.values())


@contextmanager
def kafka_cluster(
    folder: Path,
    nodes: int = 1,
    *options: str,
    passwords: Mapping[str, str] | None = None,
    others: Mapping[str, str] | None = None,
) -> Iterator[KafkaCluster]:
    """Run a cluster; `others` are settings of each node, `options` those of Java.

    A setting may contain {host}, {port} and {controller}, the ports of the node.
    """
    ensure_kafka(jars_folder())
    voters = {number: free_port() for number in range(1, nodes + 1)}
    cluster_id = new_cluster()
    cluster = KafkaCluster(
        [
            _node(folder, number, voters, passwords or {}, others or {}, options, cluster_id)
            for number in voters
        ]
    )
    try:
        for node in cluster.nodes.values():
            node.start()
        for node in cluster.nodes.values():
            node.wait_until_ready()
        yield cluster
    finally:
        for node in cluster.nodes.values():
            node.stop(signal.SIGKILL)


def _node(  # noqa: PLR0917 - called once
    folder: Path,
    number: int,
    voters: Mapping[int, int],
    passwords: Mapping[str, str],
    others: Mapping[str, str],
    options: tuple[str, ...],
    cluster_id: str,
) -> KafkaNode:
    home, port = folder / f"node-{number}", free_port()
    where = {"{host}": LOOPBACK, "{port}": str(port), "{controller}": str(voters[number])}
    configuration = Configuration(
        folder=home / "kafka",
        host=LOOPBACK,
        port=port,
        advertised_port=port,
        voters=voters,
        node=number,
        passwords=passwords,
        others={name: _filled(value, where) for name, value in others.items()},
    )
    return KafkaNode(home, configuration, options, cluster_id)


def _filled(value: str, where: Mapping[str, str]) -> str:
    for name, each in where.items():
        value = value.replace(name, each)
    return value
