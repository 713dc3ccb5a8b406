"""The processes of the services: started, killed, started again."""

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol

from waybill.app import Service
from waybill.clock import Clock
from waybill.process.background import Process, running
from waybill_simulation.failures import Failures
from waybill_simulation.loop import PROCESS
from waybill_simulation.network import Machine, MachineClock, Network
from waybill_simulation.pipe import Pipe

_LEFT_OUT: Final = (
    "timer columns of an earlier release",
    "timer event retention",
    "timer expired sessions",
    "timer idempotency keys",
    "timer keys of users",
    "timer security log",
)
"""Retention deletes rows that are days old; no history lasts as long. No act is chained. No row is
of an earlier release, and no key-encryption key is added."""


@dataclass(eq=False)
class Node(Machine):
    """One run of a replica of a service, from its start to its end."""

    number: int = 0
    assembled: Service | None = None
    context: Any = None
    failures: Failures | None = None
    child: "Node | None" = None
    """The worker process of this replica, if it has one."""

    @property
    def processes(self) -> "tuple[Node, ...]":
        return (self,) if self.child is None else (self, self.child)


class Repairs:
    """Injected faults that are repaired after some time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.open = 0
        """The number of faults that are not yet repaired."""

    def later(self, seconds: float, heal: Callable[[], object]) -> None:
        """Repair a fault after some time."""
        self.open += 1

        def healed() -> None:
            self.open -= 1
            heal()

        self._network.deliver(seconds, healed)


class Machines(Protocol):
    """The part of a scenario that says what runs."""

    @property
    def services(self) -> tuple[str, ...]: ...

    @property
    def replicas(self) -> tuple[int, ...]:
        """The number of replicas of each service."""
        ...

    @property
    def skew_seconds(self) -> tuple[float, ...]:
        """How wrong the clocks of each service are."""
        ...

    @property
    def is_apart(self) -> bool: ...


class Replicas:
    """All replicas of all services."""

    def __init__(
        self,
        machines: Machines,
        network: Network,
        repairs: Repairs,
        failures: Failures,
        assemble: Callable[[str, Clock], Awaitable[Service]],
    ) -> None:
        self._machines = machines
        self._assemble = assemble
        self._network = network
        self._repairs = repairs
        self._failures = failures
        self.nodes: dict[tuple[str, int], Node] = {}
        self.crashes: list[str] = []

    def of(self, service: str) -> list[Node]:
        """Return the current run of each replica of a service."""
        return [node for (name, _), node in self.nodes.items() if name == service]

    def start_all(self) -> None:
        """Start every replica."""
        machines = self._machines
        for service, replicas in zip(machines.services, machines.replicas, strict=True):
            for number in range(replicas):
                self.start(service, number)

    def start(self, service: str, number: int) -> None:
        """Start a replica."""
        at = self._machines.services.index(service)
        skew = timedelta(seconds=self._machines.skew_seconds[at])
        if number % 2:
            skew = -skew
        alone = self._machines.replicas[at] == 1
        name = service if alone else f"{service}-{number + 1}"
        node = Node(name, service, skew=skew, number=number, failures=self._failures)
        self.nodes[service, number] = node
        if service == "orders" and self._machines.is_apart:
            node.child = Node(
                f"{name}-background", service, skew=skew, number=number, failures=self._failures
            )
            pipe = Pipe(self._network, node.child)
            self._begin(node.child, self._work(node.child, node, pipe))
            self._begin(node, self._serve(node, pipe))
        else:
            self._begin(node, self._serve(node, None))

    def _begin(self, node: Node, main: Coroutine[Any, Any, None]) -> None:
        node.context = copy_context()
        node.context.run(PROCESS.set, node)
        self._network.loop.create_task(main, context=node.context)

    async def _serve(self, node: Node, pipe: Pipe | None) -> None:
        """Run the API process, with the background tasks unless a worker process has them."""
        service = await self._assembled(node, node)
        if service is None:
            return
        node.assembled = service
        if pipe is None:
            await self._run(service, node)
        elif service.database is not None:
            service.database.on_sent = pipe.send
            if service.sagas is not None:
                service.sagas.started.pass_on = pipe.pass_on

    async def _work(self, child: Node, parent: Node, pipe: Pipe) -> None:
        """Run the worker process."""
        service = await self._assembled(child, parent)
        if service is not None and service.database is not None:
            cache = service.sagas.started.cache if service.sagas else lambda _: None
            pipe.listen(service.database.on_sent, cache, child.context)
            await self._run(service, parent)

    async def _assembled(self, node: Node, parent: Node) -> Service | None:
        clock = MachineClock(self._network, node.skew)
        try:
            service = await self._assemble(node.service, clock)
        except Exception:  # noqa: BLE001 (the start is retried)
            if not parent.is_dead:
                self._die(parent)
                self._network.deliver(1.0, self.start, parent.service, parent.number)
            return None
        return service

    async def _run(self, service: Service, node: Node) -> None:
        process = Process(10.0)
        process.on_crash = partial(self._crashed, node)
        parts = [part for part in service.background if part.name not in _LEFT_OUT]
        async with running(parts, process):
            await self._network.loop.create_future()

    def _crashed(self, node: Node) -> None:
        self.crashes.append(f"a part of {node.name} crashed")
        self.kill(node, 1.0)

    def kill(self, node: Node, seconds: float) -> None:
        """Kill a replica; start it again later."""
        self._die(node)
        self._repairs.later(seconds, partial(self._start_again, node))

    def _start_again(self, node: Node) -> None:
        if self.nodes[node.service, node.number] is node:
            self._network.note(f"{node.name} starts again")
            self.start(node.service, node.number)

    def _die(self, node: Node) -> None:
        for each in node.processes:
            if not each.is_dead:
                each.is_dead = True
                each.backlog.clear()
                for call in each.on_death:
                    call()
