"""One history: services, their databases, a broker, a bank, and what goes wrong."""

from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import inventory.app
import inventory.contract.events
import orders.app
import orders.contract.events
import payments.app
import payments.contract.events
from inventory.settings import InventorySettings
from orders.settings import OrdersSettings
from payments.settings import PaymentsSettings
from waybill.app import Service
from waybill.events import Topic
from waybill.postgres.database import Transaction
from waybill.process.background import Process, running
from waybill.process.settings import Settings
from waybill.receiving.event_router import EventRouter
from waybill_simulation.bank import Bank
from waybill_simulation.kafka.broker import Broker
from waybill_simulation.loop import PROCESS
from waybill_simulation.network import Machine, MachineClock, Network
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.tables import Slot
from waybill_simulation.scenario import SERVICES, SKUS, Fault, Scenario
from waybill_simulation.schemas import schema_of

PRICE_MINOR: Final = 250
CURRENCY: Final = "GBP"

_ASSEMBLE: Final[Mapping[str, Any]] = {
    "orders": orders.app.assemble,
    "inventory": inventory.app.assemble,
    "payments": payments.app.assemble,
}


_LEFT_OUT: Final = ("timer event retention", "timer idempotency keys")
"""They forget what is days old; no history lasts as long."""
_CATALOG: Final = [
    Topic(each.message.topic, 1, 1)
    for each in orders.contract.events.RECEIVED
    if each.message.topic.startswith("catalog")
]
"""What the catalogue, which is not here, would have made."""


_TOPICS: Final = (
    *orders.contract.events.TOPICS,
    *inventory.contract.events.TOPICS,
    *payments.contract.events.TOPICS,
)


_NOTE_EFFECTS: Final = """
    insert into effects (event_id, topic, key)
    select * from unnest($1::uuid[], $2::text[], $3::text[])
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """That a service has committed its event handler to an event."""

    service: str
    event_id: UUID
    topic: str
    key: str


@dataclass(eq=False)
class Node(Machine):
    """A replica of a service, from one start of it to its end."""

    number: int = 0
    assembled: Service | None = None
    context: Any = None


@dataclass
class World:
    """Everything there is in one history."""

    scenario: Scenario
    network: Network
    servers: dict[str, Server] = field(default_factory=dict)
    nodes: dict[tuple[str, int], Node] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    not_simulated: NotSimulatedError | None = None
    """What a service has sent to its database, and the simulated one does not know."""
    broken: int = 0
    """How many faults are not healed yet."""

    def __post_init__(self) -> None:
        network = self.network
        self.broker = Broker(network)
        self.broker.create(_CATALOG)
        if not self.scenario.is_fresh:
            most = self.scenario.partitions
            self.broker.create([replace(topic, partitions=most) for topic in _TOPICS])
        self.bank = Bank(network, self.scenario.provider_faults)
        for service in SERVICES:
            server = Server(schema_of(service), network.now)
            server.on_commit = partial(self._committed, service)
            server.on_not_simulated = self._not_simulated
            self.servers[service] = server
        self._faults = list(self.scenario.faults)
        network.on_question = self._strike
        self._fill()

    def _fill(self) -> None:
        for sku in SKUS:
            self.servers["orders"].run_now(
                "insert into prices (sku, amount_minor, currency, version) values ($1, $2, $3, 1)",
                sku, PRICE_MINOR, CURRENCY,
            )  # fmt: skip
            self.servers["inventory"].run_now(
                "insert into stock (sku, on_hand, reserved, committed, updated_at)"
                " values ($1, $2, 0, 0, $3)",
                sku, self.scenario.stock, self.network.now(),
            )  # fmt: skip

    # processes

    def start_all(self) -> None:
        """Start every replica."""
        for service, replicas in zip(SERVICES, self.scenario.replicas, strict=True):
            for number in range(replicas):
                self.start(service, number)

    def start(self, service: str, number: int) -> None:
        """Start a replica anew."""
        skew = timedelta(seconds=self.scenario.skew_seconds[SERVICES.index(service)])
        if number % 2:
            skew = -skew
        alone = self.scenario.replicas[SERVICES.index(service)] == 1
        name = service if alone else f"{service}-{number + 1}"
        node = Node(name, service, skew=skew, number=number)
        self.nodes[service, number] = node
        node.context = copy_context()
        node.context.run(PROCESS.set, node)
        self.network.loop.create_task(self._serve(node), context=node.context)

    async def _serve(self, node: Node) -> None:
        settings = self._settings(node.service)
        clock = MachineClock(self.network, node.skew)
        try:
            service = await _ASSEMBLE[node.service](settings, clock)
        except Exception:  # noqa: BLE001 (it cannot start yet: its platform tries again)
            self._die(node)
            self.network.deliver(1.0, self.start, node.service, node.number)
            return
        node.assembled = service
        process = Process(10.0)
        process.on_crash = partial(self._crashed, node)
        parts = [part for part in service.background if part.name not in _LEFT_OUT]
        async with running(parts, process):
            await self.network.loop.create_future()

    def _crashed(self, node: Node) -> None:
        self.crashes.append(f"a part of {node.name} crashed")
        self.kill(node, 1.0)

    def _settings(self, service: str) -> Settings:
        scenario = self.scenario
        common: dict[str, Any] = {
            "database_url": f"postgresql://simulated/{service}",
            "kafka_bootstrap_servers": "simulated",
            "kafka_partitions_max": scenario.partitions,
            "access": "open",
        }
        match service:
            case "orders":
                return _made(OrdersSettings, **common)
            case "inventory":
                minutes = scenario.reservation_seconds / 60
                return _made(InventorySettings, **common).model_copy(
                    update={"reservation_minutes": minutes}
                )
            case _:
                return _made(
                    PaymentsSettings,
                    provider_calls_max=4,
                    provider_call_timeout_seconds=1.0,
                    provider_lease_seconds=4.0,
                    provider_retry_longest_seconds=2.0,
                    provider_poll_seconds=4.0,
                    **common,
                )

    def kill(self, node: Node, seconds: float) -> None:
        """End a replica without warning; start it again later."""
        self._die(node)
        self.broken += 1
        self.network.deliver(seconds, self._start_again, node)

    def _start_again(self, node: Node) -> None:
        self.broken -= 1
        if self.nodes[node.service, node.number] is node:
            self.network.note(f"{node.name} starts again")
            self.start(node.service, node.number)

    def _die(self, node: Node) -> None:
        if not node.is_dead:
            node.is_dead = True
            node.backlog.clear()
            for call in node.on_death:
                call()

    # faults

    def _strike(self) -> None:
        while self._faults and self._faults[0].question <= self.network.questions:
            fault = self._faults.pop(0)
            self.network.deliver(0.0, self._break, fault)

    @property
    def is_whole(self) -> bool:
        """Whether all faults have struck, or never will, and are healed."""
        return self.broken == 0

    def give_up_faults(self) -> None:
        """Let no further fault strike."""
        self._faults.clear()

    def _break(self, fault: Fault) -> None:  # noqa: C901 (one branch for each kind)
        replicas = [node for (service, _), node in self.nodes.items() if service == fault.service]
        node = replicas[fault.replica % len(replicas)]
        match fault.kind:
            case "kill" if not node.is_dead:
                self.network.note(f"SIGKILL {node.name}")
                self.kill(node, fault.seconds)
            case "stop" if not (node.is_dead or node.is_stopped):
                self.network.note(f"SIGSTOP {node.name} for {fault.seconds} s")
                self._stop(node, fault.seconds)
            case "cut database":
                self._cut_database(fault)
            case "crash database" if self.servers[fault.service].is_up:
                self.network.note(f"PostgreSQL of {fault.service} crashes")
                self.servers[fault.service].crash()
                self._heal_later(fault.seconds, partial(self._database_up, fault.service))
            case "cut broker":
                good = [link for link in self.broker.links if link.is_good]
                if good:
                    self.network.note("a connection to the broker breaks")
                    good[self.network.random.randrange(len(good))].cut()
            case "restart broker" | "wipe broker" if self.broker.is_up:
                self.network.note(f"{fault.kind}")
                self.broker.stop(forget=fault.kind == "wipe broker")
                self._heal_later(fault.seconds, self._broker_up)
            case "rewind":
                self.network.note(f"the consumers of {fault.service} read again")
                for consumer in self.broker.consumers:
                    if consumer.machine.service == fault.service:
                        consumer.rewind(self.network.random.randrange(1, 5))
            case _:
                pass

    def _cut_database(self, fault: Fault) -> None:
        sessions = self.servers[fault.service].sessions
        busy = [session for session in sessions if session.is_asked] or sessions
        if busy:
            self.network.note(f"a connection of {fault.service} to PostgreSQL breaks")
            busy[self.network.random.randrange(len(busy))].end()

    def _broker_up(self) -> None:
        self.network.note("the broker is back")
        self.broker.start()
        self.broker.create(_CATALOG)

    def _database_up(self, service: str) -> None:
        self.network.note(f"PostgreSQL of {service} is back")
        self.servers[service].is_up = True

    def _stop(self, node: Node, seconds: float) -> None:
        node.is_stopped = True
        for consumer in self.broker.consumers:
            if consumer.machine is node:
                consumer.stopped()
        self._heal_later(seconds, partial(self._go_on, node))

    def _go_on(self, node: Node) -> None:
        node.is_stopped = False
        backlog, node.backlog = node.backlog, []
        if not node.is_dead:
            self.network.note(f"SIGCONT {node.name}")
            self.network.loop.go_on(backlog)

    def _heal_later(self, seconds: float, heal: Any) -> None:  # noqa: ANN401 (any call)
        self.broken += 1

        def healed() -> None:
            self.broken -= 1
            heal()

        self.network.deliver(seconds, healed)

    # what is seen

    def _not_simulated(self, error: NotSimulatedError) -> None:
        self.not_simulated = self.not_simulated or error

    def _committed(self, service: str, written: Sequence[Slot]) -> None:
        for slot in written:
            if slot.table.name == "effects" and (effect := slot.latest()):
                found = Effect(service, effect["event_id"], effect["topic"], effect["key"])
                self.effects.append(found)
        if self.network.is_recorded:
            for slot in written:
                self._tell(service, slot)

    def _tell(self, service: str, slot: Slot) -> None:
        version = slot.latest()
        table = slot.table.name
        if version is None:
            return
        if table == "sagas":
            self.network.say(service, service, f"saga {version['direction']} {version['position']}")
        elif table == "outbox" and len(slot.versions) == 1:
            self.network.say(service, service, f"outbox {version['position']}: {version['type']}")
        elif table in ("payments", "reservations"):
            self.network.say(service, service, f"{table[:-1]} {version['status']}")

    def rows(self, service: str, table: str) -> list[Mapping[str, Any]]:
        """Read a table as it was committed last."""
        return list(self.servers[service].tables[table].rows())


_SETTINGS: Final[dict[Any, Any]] = {}
Made = TypeVar("Made", bound=Settings)


def _made(kind: type[Made], **values: Any) -> Made:  # noqa: ANN401 (any settings)
    key = (kind, tuple(values.items()))
    if key not in _SETTINGS:
        _SETTINGS[key] = kind.model_validate(values)
    made: Made = _SETTINGS[key]
    return made


async def _note_effects(tx: Transaction, effects: Sequence[tuple[UUID, str, str]]) -> None:
    await tx.enqueue(_NOTE_EFFECTS, *map(list, zip(*effects, strict=True)))


def observe_effects() -> None:
    """Have event handlers noted in the transactions that they are part of."""
    react = EventRouter.react

    # Any: it stands before an event handler of any transaction, and watches.
    async def observed(self: EventRouter, tx: Any, handler: str, events: Sequence[Any]) -> None:  # noqa: ANN401
        await react(self, tx, handler, events)
        topics = {each.message.type: each.message.topic for each in self._received.values()}
        tx.defer(_note_effects, [(event.id, topics[event.type], event.key) for event in events])

    # Replaced on purpose: effects are counted where they happen.
    EventRouter.react = observed  # type: ignore[method-assign]
