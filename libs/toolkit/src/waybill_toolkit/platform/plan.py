"""The plan of a platform: processes, ports and settings, computed before the start."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from waybill_toolkit.platform import stored_ports
from waybill_toolkit.platform.apache_kafka.distribution import jars_folder
from waybill_toolkit.platform.broker_kind import BrokerKind, RunningBroker
from waybill_toolkit.platform.broker_users import READER
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.observe.programs import DASHBOARDS_OFFSET, Observers
from waybill_toolkit.platform.ports import LOOPBACK, claim, free_port, is_free
from waybill_toolkit.platform.postgres import postgres_url
from waybill_toolkit.platform.secret_files import SecretFiles
from waybill_toolkit.platform.wheels import installed_package

PORT_BASE = 7400
GATEWAY = "gateway"
STOCK_SERVICE = "inventory"
STOCK_DATABASES_MAX = 8
"""More share one PostgreSQL to no purpose."""
POSTGRES_OFFSET = 20
BROKER_OFFSET = 21
SERVICES_MAX = POSTGRES_OFFSET - 1
_CLAIMED_PORTS = 32
_LOWEST_PORT = 1024  # lower ports are reserved for root
_HIGHEST_PORT = 65535


RESERVED_NAMES = frozenset(
    {
        "broker",
        "dashboards",
        "migrations",
        "platform",
        "postgres",
        "prefork",
        "prometheus",
        "supervisor",
        READER,
    }
)


@dataclass(frozen=True, slots=True)
class ServicePlan:
    name: str
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def source(self) -> Path:
        return self.folder / "src"

    @property
    def event_contract(self) -> Path:
        """The generated AsyncAPI document, if the service has events."""
        return self.source / self.name / "contract" / "asyncapi.json"

    @property
    def http_contract(self) -> Path:
        """The generated OpenAPI document, if the service has operations."""
        return self.source / self.name / "contract" / "openapi.json"

    @property
    def has_events(self) -> bool:
        return self.event_contract.is_file()

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"

    @property
    def has_database(self) -> bool:
        """A service without migrations gets no database and no role."""
        return self.migrations.is_dir()


@dataclass(frozen=True, slots=True)
class Plan:
    data: Path
    port_base: int
    services: tuple[ServicePlan, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    """Additional settings of every service: WAYBILL_...; the settings made here override them."""
    fault_proxies: Mapping[str, int] = field(default_factory=dict)
    """By process, the port of a fault proxy, to which services connect instead."""
    postgres_settings: Mapping[str, str] = field(default_factory=dict)
    """Additional server settings, such as a library for measurements."""
    reload: bool = False
    """Whether a service restarts when its code changes."""
    shared_code: tuple[Path, ...] = ()
    """Folders with shared code: a change there restarts all services."""
    kafka_jars: Path | None = None
    """The folder with the jars of Apache Kafka; None for the embedded broker."""
    running_broker: RunningBroker | None = None
    """The cluster to use instead of a broker of the platform."""
    stock_databases: int = 1
    """The number of databases over which the stock of inventory is divided."""
    accepts_newer: bool = False
    """Whether databases may have migrations of a later version: this one follows it."""
    observers: Observers | None = None
    """What watches the platform, if that is wanted."""

    @classmethod
    def of(
        cls,
        data: Path,
        services_root: Path,
        port_base: int,
        settings: Mapping[str, str] | None = None,
        broker: BrokerKind | RunningBroker = BrokerKind.EMBEDDED,
    ) -> "Plan":
        """Find the services by their files: services/NAME/src/NAME/app.py, in order of name.

        The gateway is the first and has the base as its port. The others have their stored ports
        in this data folder, or the next free ones; see stored_ports.
        """
        if not _LOWEST_PORT <= port_base <= _HIGHEST_PORT - DASHBOARDS_OFFSET:
            raise PlatformError(
                f"{port_base} is no base for ports: "
                f"choose {_LOWEST_PORT} to {_HIGHEST_PORT - DASHBOARDS_OFFSET} with --port-base."
            )
        jars = jars_folder() if broker is BrokerKind.KAFKA else None
        return cls(
            data,
            port_base,
            _plan_services(data, _service_folders(services_root), port_base),
            dict(settings or {}),
            kafka_jars=jars,
            running_broker=broker if isinstance(broker, RunningBroker) else None,
        )

    def reloading(self) -> "Plan":
        """Return the same plan with reloading of changed services."""
        return replace(self, reload=True, shared_code=(installed_package("waybill"),))

    def of_folder(self, services_root: Path) -> "Plan":
        """Return the plan of another version of the same services, to go on with.

        Services that were added are not in it. Raises PlatformError when one is missing.
        """
        found = {folder.name: folder for folder in _service_folders(services_root)}
        if missing := [each.name for each in self.services if each.name not in found]:
            raise PlatformError(
                f"{', '.join(missing)} is not in {services_root}: to remove a service, start again."
            )
        services = tuple(replace(each, folder=found[each.name]) for each in self.services)
        return replace(self, services=services, accepts_newer=True)

    def keep_ports(self) -> None:
        """Store the ports, so that the next plan on this data folder has the same."""
        others = [service for service in self.services if service.name != GATEWAY]
        stored_ports.keep(
            self.data, {service.name: service.port - self.port_base for service in others}
        )

    def service(self, name: str) -> ServicePlan:
        """Return one of the services; raises KeyError."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    @property
    def broker(self) -> BrokerKind:
        return BrokerKind.KAFKA if self.kafka_jars else BrokerKind.EMBEDDED

    @property
    def postgres_port(self) -> int:
        return self.port_base + POSTGRES_OFFSET

    @property
    def broker_port(self) -> int:
        return self.port_base + BROKER_OFFSET

    @property
    def bootstrap_servers(self) -> str:
        if self.running_broker:
            return self.running_broker.bootstrap_servers
        return f"{LOOPBACK}:{self.broker_port}"

    def ports(self) -> Mapping[str, int]:
        """Every port in use, by the name of its process."""
        named = {service.name: service.port for service in self.services}
        broker = {} if self.running_broker else {"broker": self.broker_port}
        observers = self.observers.ports(self.port_base) if self.observers else {}
        return {**named, "postgres": self.postgres_port, **broker, **observers}

    def databases_of(self, service: str) -> tuple[str, ...]:
        """Return the databases of a service that has any; the first one has its name."""
        others = range(1, self.stock_databases if service == STOCK_SERVICE else 1)
        return (service, *(f"{service}_{part}" for part in others))

    def database_url(self, service: str, database: str | None = None) -> str:
        """Return the address of one of a service's databases, with the role of that service."""
        password = SecretFiles(self.data).password(service)
        return postgres_url(self.postgres_port, database or service, service, password)

    def port_for_services(self, name: str) -> int:
        """Return the port at which services reach a process: its own, or a fault proxy's."""
        return self.fault_proxies.get(name, self.ports()[name])

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        document = json.loads(text)
        services = (
            ServicePlan(service["name"], Path(service["folder"]), service["port"])
            for service in document["services"]
        )
        return cls(
            Path(document["data"]),
            document["port_base"],
            tuple(services),
            document["settings"],
            document["fault_proxies"],
            document["postgres_settings"],
            document["reload"],
            tuple(map(Path, document["shared_code"])),
            Path(document["kafka_jars"]) if document["kafka_jars"] else None,
            RunningBroker(**broker) if (broker := document["running_broker"]) else None,
            document["stock_databases"],
            document.get("accepts_newer", False),
            Observers.of_json(document.get("observers")),
        )


def _plan_services(data: Path, folders: list[Path], port_base: int) -> tuple[ServicePlan, ...]:
    doors = [folder for folder in folders if folder.name == GATEWAY]
    others = [folder for folder in folders if folder.name != GATEWAY]
    numbers = stored_ports.assign(
        data, [folder.name for folder in others], range(1, SERVICES_MAX + 1)
    )
    return (
        *(ServicePlan(folder.name, folder, port_base) for folder in doors),
        *(ServicePlan(folder.name, folder, port_base + numbers[folder.name]) for folder in others),
    )


def _service_folders(root: Path) -> list[Path]:
    """Return the folders of services, by name. Raises PlatformError."""
    folders = sorted(
        app.parent.parent.parent
        for app in root.glob("*/src/*/app.py")
        if app.parent.name == app.parent.parent.parent.name
    )
    if not folders:
        raise PlatformError(f"There is no service in {root}: run this where Waybill's sources are.")
    if taken := sorted(RESERVED_NAMES.intersection(folder.name for folder in folders)):
        raise PlatformError(f"A service cannot be named {taken[0]}: the platform uses that.")
    return folders


def free_port_base() -> int:
    """Find a port base whose ports are free, and which no other process that runs was given."""
    while True:
        base = free_port() // _CLAIMED_PORTS * _CLAIMED_PORTS
        ports = range(base, base + DASHBOARDS_OFFSET + 1)
        if all(map(is_free, ports)) and claim(f"ports-{base}"):
            return base
