"""What every history has: services in replicas, their databases, a broker, and faults."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from waybill.app import Service
from waybill.clock import Clock
from waybill_simulation.failures import Failures
from waybill_simulation.faults import Faults
from waybill_simulation.kafka.broker import Broker
from waybill_simulation.network import Network
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.tables import Slot
from waybill_simulation.replicas import Machines, Repairs, Replicas
from waybill_simulation.scenario import Fault
from waybill_simulation.schemas import schema_of


class Deployed(Machines, Protocol):
    """The part of a scenario that says what runs, and what goes wrong."""

    @property
    def faults(self) -> tuple[Fault, ...]: ...

    @property
    def parked_share(self) -> float: ...

    def databases_of(self, service: str) -> tuple[str, ...]:
        """Return the databases of a service; the first one has its name."""
        ...


class Deployment:
    """The servers and the replicas of one history.

    Raises LookupError for a service whose schema is not loaded.
    """

    def __init__(
        self,
        deployed: Deployed,
        network: Network,
        assemble: Callable[[str, Clock], Awaitable[Service]],
    ) -> None:
        self.network = network
        self.not_simulated: NotSimulatedError | None = None
        """What a service has sent to its database, and the simulated one does not know."""
        self.broker = Broker(network)
        self.servers: dict[str, Server] = {}
        self.databases = {each: deployed.databases_of(each) for each in deployed.services}
        """The databases of each service, each on a server of its own."""
        for service, names in self.databases.items():
            for name in names:
                server = Server(schema_of(service), network.now)
                server.on_commit = partial(self.committed, service)
                server.on_not_simulated = self._not_simulated
                self.servers[name] = server
        self._repairs = Repairs(network)
        failures = Failures(network, deployed.parked_share)
        self.replicas = Replicas(deployed, network, self._repairs, failures, assemble)
        self.faults = Faults(
            deployed.faults,
            network,
            servers=self.servers,
            databases=self.databases,
            broker=self.broker,
            replicas=self.replicas,
            repairs=self._repairs,
        )
        network.on_question = self.faults.strike

    @property
    def is_whole(self) -> bool:
        """Whether all faults that have struck are healed."""
        return self._repairs.open == 0

    def rows(self, service: str, table: str) -> list[Mapping[str, Any]]:
        """Read a table of a service as it was committed last, in all of its databases."""
        return [row for name in self.databases[service] for row in self.rows_in(name, table)]

    def rows_in(self, database: str, table: str) -> list[Mapping[str, Any]]:
        """Read a table of one database as it was committed last."""
        return list(self.servers[database].tables[table].rows())

    def committed(self, service: str, written: Sequence[Slot]) -> None:
        """See the rows of a transaction that has committed."""

    def _not_simulated(self, error: NotSimulatedError) -> None:
        self.not_simulated = self.not_simulated or error
