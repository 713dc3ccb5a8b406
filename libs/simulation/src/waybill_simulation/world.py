"""One history: services, their databases, a broker, a bank, and what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from typing_extensions import override

import inventory.app
import orders.app
import payments.app
from inventory.division import part_of
from waybill.app import Service
from waybill.clock import Clock
from waybill_simulation.bank import Bank
from waybill_simulation.deployment import Deployment
from waybill_simulation.effects import Effect
from waybill_simulation.network import Network
from waybill_simulation.postgres.session import run_now
from waybill_simulation.postgres.tables import Slot, Version
from waybill_simulation.scenario import SKUS, Scenario
from waybill_simulation.service_settings import settings_of
from waybill_simulation.topics import CATALOG_TOPICS, TOPICS

_ASSEMBLE: Final[Mapping[str, Any]] = {
    "orders": orders.app.assemble,
    "inventory": inventory.app.assemble,
    "payments": payments.app.assemble,
}

PRICE_MINOR: Final = 250
CURRENCY: Final = "GBP"


class World(Deployment):
    """Everything there is in one history of orders."""

    def __init__(self, scenario: Scenario, network: Network) -> None:
        super().__init__(scenario, network, self._assemble)
        self.scenario = scenario
        self.effects: list[Effect] = []
        self.history: list[Effect | Version] = []
        """What took effect in orders, and how sagas moved (rows of saga_transitions), as
        committed."""
        self.broker.create(CATALOG_TOPICS)
        if not scenario.is_fresh:
            most = scenario.partitions
            self.broker.create([replace(topic, partitions=most) for topic in TOPICS])
        self.bank = Bank(network, scenario.provider_faults)
        self._fill()

    async def _assemble(self, service: str, clock: Clock) -> Service:
        assembled: Service = await _ASSEMBLE[service](settings_of(service, self.scenario), clock)
        return assembled

    def _fill(self) -> None:
        for sku in SKUS:
            orders = self.servers["orders"]
            run_now(orders, "insert into price_lists (sku, version) values ($1, 1)", sku)
            run_now(
                orders,
                "insert into unit_prices (sku, number, currency, amount_minor)"
                " values ($1, 1, $2, $3)",
                sku, CURRENCY, PRICE_MINOR,
            )  # fmt: skip
            parts = self.databases["inventory"]
            run_now(
                self.servers[parts[part_of(sku, len(parts))]],
                "insert into stock (sku, on_hand, reserved, committed, updated_at)"
                " values ($1, $2, 0, 0, $3)",
                sku, self.scenario.stock, self.network.now(),
            )  # fmt: skip

    @override
    def committed(self, service: str, written: Sequence[Slot]) -> None:
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
