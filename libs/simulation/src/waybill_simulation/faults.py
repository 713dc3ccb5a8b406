"""The faults of a history: each is injected at a given request and repaired later."""

from collections.abc import Mapping, Sequence
from functools import partial

from waybill_simulation.kafka.broker import Broker
from waybill_simulation.network import Network
from waybill_simulation.postgres.server import Server
from waybill_simulation.replicas import Node, Repairs, Replicas
from waybill_simulation.scenario import Fault
from waybill_simulation.topics import CATALOG_TOPICS


class Faults:
    """The remaining faults of a history."""

    def __init__(
        self,
        faults: Sequence[Fault],
        network: Network,
        *,
        servers: Mapping[str, Server],
        databases: Mapping[str, Sequence[str]],
        broker: Broker,
        replicas: Replicas,
        repairs: Repairs,
    ) -> None:
        self._faults = list(faults)
        self._network = network
        self._servers = servers
        self._databases = databases
        self._broker = broker
        self._replicas = replicas
        self._repairs = repairs

    def strike(self) -> None:
        """Inject the faults that are due at the current request."""
        while self._faults and self._faults[0].question <= self._network.questions:
            fault = self._faults.pop(0)
            self._network.deliver(0.0, self._break, fault)

    def give_up(self) -> None:
        """Inject no further fault."""
        self._faults.clear()

    def _break(self, fault: Fault) -> None:  # noqa: C901 (one branch for each kind)
        replicas = self._replicas.of(fault.service)
        node = replicas[fault.replica % len(replicas)]
        match fault.kind:
            case "kill" if not node.is_dead:
                self._network.note(f"SIGKILL {node.name}")
                self._replicas.kill(node, fault.seconds)
            case "stop" if not (node.is_dead or any(each.is_stopped for each in node.processes)):
                # Only the worker process is stopped, or both processes are.
                stopped = self._network.random.choice((node.processes, node.processes[-1:]))
                for each in stopped:
                    self._network.note(f"SIGSTOP {each.name} for {fault.seconds} s")
                    self._stop(each, fault.seconds)
            case "cut database":
                self._cut_database(fault)
            case "crash database" if self._servers[database := self._database(fault)].is_up:
                self._network.note(f"PostgreSQL of {database} crashes")
                self._servers[database].crash()
                self._repairs.later(fault.seconds, partial(self._database_up, database))
            case "cut broker":
                good = [link for link in self._broker.links if link.is_good]
                if good:
                    self._network.note("a connection to the broker breaks")
                    good[self._network.random.randrange(len(good))].cut()
            case "restart broker" | "wipe broker" if self._broker.is_up:
                self._network.note(f"{fault.kind}")
                self._broker.stop(forget=fault.kind == "wipe broker")
                self._repairs.later(fault.seconds, self._broker_up)
            case "refuse":
                self._network.note("a partition has no leader for a moment")
                self._broker.refusals += 1
            case "rewind":
                self._network.note(f"the broker loses commits of {fault.service}")
                self._broker.group(fault.service).rewind(self._network.random.randrange(1, 5))
            case _:
                pass

    def _database(self, fault: Fault) -> str:
        names = self._databases[fault.service]
        return names[fault.replica % len(names)]

    def _cut_database(self, fault: Fault) -> None:
        database = self._database(fault)
        sessions = self._servers[database].sessions
        busy = [session for session in sessions if session.is_asked] or sessions
        if busy:
            self._network.note(f"a connection to the PostgreSQL of {database} breaks")
            busy[self._network.random.randrange(len(busy))].end()

    def _broker_up(self) -> None:
        self._network.note("the broker is back")
        self._broker.start()
        self._broker.create(CATALOG_TOPICS)

    def _database_up(self, database: str) -> None:
        self._network.note(f"PostgreSQL of {database} is back")
        self._servers[database].is_up = True

    def _stop(self, node: Node, seconds: float) -> None:
        node.is_stopped = True
        for member in self._broker.members:
            if member.machine is node:
                member.watched()
        self._repairs.later(seconds, partial(self._go_on, node))

    def _go_on(self, node: Node) -> None:
        node.is_stopped = False
        backlog, node.backlog = node.backlog, []
        if not node.is_dead:
            self._network.note(f"SIGCONT {node.name}")
            self._network.loop.go_on(backlog)
