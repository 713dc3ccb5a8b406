"""One history: services, their databases, a broker, a bank, and what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from waybill_simulation.bank import Bank
from waybill_simulation.effects import Effect
from waybill_simulation.failures import Failures
from waybill_simulation.faults import Faults
from waybill_simulation.kafka.broker import Broker
from waybill_simulation.network import Network
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.session import run_now
from waybill_simulation.postgres.tables import Slot, Version
from waybill_simulation.replicas import Repairs, Replicas
from waybill_simulation.scenario import SERVICES, SKUS, Scenario
from waybill_simulation.schemas import schema_of
from waybill_simulation.topics import CATALOG_TOPICS, TOPICS

PRICE_MINOR: Final = 250
CURRENCY: Final = "GBP"


@dataclass
class World:
    """Everything there is in one history."""

    scenario: Scenario
    network: Network
    servers: dict[str, Server] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    history: list[Effect | Version] = field(default_factory=list)
    """What took effect in orders, and how sagas moved (rows of saga_transitions), as committed."""
    not_simulated: NotSimulatedError | None = None
    """What a service has sent to its database, and the simulated one does not know."""

    def __post_init__(self) -> None:
        network = self.network
        self.broker = Broker(network)
        self.broker.create(CATALOG_TOPICS)
        if not self.scenario.is_fresh:
            most = self.scenario.partitions
            self.broker.create([replace(topic, partitions=most) for topic in TOPICS])
        self.bank = Bank(network, self.scenario.provider_faults)
        for service in SERVICES:
            server = Server(schema_of(service), network.now)
            server.on_commit = partial(self._committed, service)
            server.on_not_simulated = self._not_simulated
            self.servers[service] = server
        self._repairs = Repairs(network)
        failures = Failures(network, self.scenario.parked_share)
        self.replicas = Replicas(self.scenario, network, self._repairs, failures)
        self.faults = Faults(
            self.scenario,
            network,
            servers=self.servers,
            broker=self.broker,
            replicas=self.replicas,
            repairs=self._repairs,
        )
        network.on_question = self.faults.strike
        self._fill()

    def _fill(self) -> None:
        for sku in SKUS:
            run_now(
                self.servers["orders"],
                "insert into prices (sku, amount_minor, currency, version) values ($1, $2, $3, 1)",
                sku, PRICE_MINOR, CURRENCY,
            )  # fmt: skip
            run_now(
                self.servers["inventory"],
                "insert into stock (sku, on_hand, reserved, committed, updated_at)"
                " values ($1, $2, 0, 0, $3)",
                sku, self.scenario.stock, self.network.now(),
            )  # fmt: skip

    @property
    def is_whole(self) -> bool:
        """Whether all faults that have struck are healed."""
        return self._repairs.open == 0

    # what is seen

    def _not_simulated(self, error: NotSimulatedError) -> None:
        self.not_simulated = self.not_simulated or error

    def _committed(self, service: str, written: Sequence[Slot]) -> None:
        for slot in written:
            if slot.table.name == "effects" and (effect := slot.latest()):
                found = Effect(service, effect["event_id"], effect["topic"], effect["key"])
                self.effects.append(found)
                if service == "orders":
                    self.history.append(found)
        for slot in written:
            if slot.table.name == "saga_transitions" and (move := slot.latest()):
                self.history.append(move)
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
