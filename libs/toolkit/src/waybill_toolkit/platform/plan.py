"""The plan of a platform: processes, ports and settings, computed before the start."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from waybill_toolkit.platform import stored_ports
from waybill_toolkit.platform.apache_kafka.distribution import jars_folder
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.broker_users import READER, login_settings, settings_of
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.identity import (
    IDENTITY,
    AccessMode,
    access_settings,
    identity_settings,
)
from waybill_toolkit.platform.ports import LOOPBACK, free_port, is_free
from waybill_toolkit.platform.postgres import nearest_postgres_url, postgres_url
from waybill_toolkit.platform.secret_files import SecretFiles
from waybill_toolkit.platform.wheels import installed_package

PORT_BASE = 7400
GATEWAY = "gateway"
KEY_FOLDER = "token-keys"
"""The folder, among the secrets, of the keys that encrypt payment tokens."""
POSTGRES_OFFSET = 20
BROKER_OFFSET = 21
SERVICES_MAX = POSTGRES_OFFSET - 1
_LOWEST_PORT = 1024  # lower ports are reserved for root
_HIGHEST_PORT = 65535
# A killed service resumes reading after 7 seconds instead of 11, a started one after 2 instead of
# 3. With shorter timeouts a process that waits for a busy processor would be considered dead.
_SESSION_TIMEOUT_MS = 3_000
# A laptop has one caller, which places some 10,000 orders a second at most: 100 times as many.
_RATE_LIMIT_FACTOR = 100_000


RESERVED_NAMES = frozenset(
    {"broker", "migrations", "platform", "postgres", "prefork", "supervisor", READER}
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

    @classmethod
    def of(
        cls,
        data: Path,
        services_root: Path,
        port_base: int,
        settings: Mapping[str, str] | None = None,
        broker: BrokerKind = BrokerKind.EMBEDDED,
    ) -> "Plan":
        """Find the services by their files: services/NAME/src/NAME/app.py, in order of name.

        The gateway is the first and has the base as its port. The others have their stored ports
        in this data folder, or the next free ones; see stored_ports.
        """
        if not _LOWEST_PORT <= port_base <= _HIGHEST_PORT - BROKER_OFFSET:
            raise PlatformError(
                f"{port_base} is no base for ports: "
                f"choose {_LOWEST_PORT} to {_HIGHEST_PORT - BROKER_OFFSET} with --port-base."
            )
        folders = _service_folders(services_root)
        doors = [folder for folder in folders if folder.name == GATEWAY]
        others = [folder for folder in folders if folder.name != GATEWAY]
        numbers = stored_ports.assign(
            data, [folder.name for folder in others], range(1, SERVICES_MAX + 1)
        )
        jars = jars_folder() if broker is BrokerKind.KAFKA else None
        services = (
            *(ServicePlan(folder.name, folder, port_base) for folder in doors),
            *(
                ServicePlan(folder.name, folder, port_base + numbers[folder.name])
                for folder in others
            ),
        )
        return cls(data, port_base, services, dict(settings or {}), kafka_jars=jars)

    def with_access(self, mode: AccessMode | None = None) -> "Plan":
        """Return the same plan with a mode of access: tokens where there is an identity service."""
        has_identity = any(service.name == IDENTITY for service in self.services)
        chosen = mode or (AccessMode.TOKENS if has_identity else AccessMode.OPEN)
        settings = {**access_settings(chosen, self.port_base), **self.settings}
        return replace(self, settings=settings)

    @property
    def asks_for_tokens(self) -> bool:
        """Whether services ask for the tokens of this platform's identity service."""
        tokens = access_settings(AccessMode.TOKENS, self.port_base)
        return tokens.items() <= self.settings.items()

    def reloading(self) -> "Plan":
        """Return the same plan with reloading of changed services."""
        return replace(self, reload=True, shared_code=(installed_package("waybill"),))

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
        return f"{LOOPBACK}:{self.broker_port}"

    def ports(self) -> Mapping[str, int]:
        """Every port in use, by the name of its process."""
        named = {service.name: service.port for service in self.services}
        return {**named, "postgres": self.postgres_port, "broker": self.broker_port}

    def database_url(self, service: str) -> str:
        """Return the address of a service's own database, with the role of that service."""
        password = SecretFiles(self.data).password(service)
        return postgres_url(self.postgres_port, service, service, password)

    def port_for_services(self, name: str) -> int:
        """Return the port at which services reach a process: its own, or a fault proxy's."""
        return self.fault_proxies.get(name, self.ports()[name])

    def environment(self, service: ServicePlan) -> dict[str, str]:
        """Compute the environment of a service, which extends that of this process."""
        return {**os.environ, **self.variables(service)}

    def variables(self, service: ServicePlan) -> dict[str, str]:
        """Compute the environment variables that a service gets from the platform."""
        variables = {
            "WAYBILL_SERVICE": service.name,
            "WAYBILL_HOST": LOOPBACK,
            "WAYBILL_PORT": str(service.port),
            "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{self.port_for_services('broker')}",
            "WAYBILL_KAFKA_SESSION_TIMEOUT_MS": str(_SESSION_TIMEOUT_MS),
            "WAYBILL_KAFKA_PARTITIONS_MAX": "1",
            "WAYBILL_ACCESS": "open",
            "WAYBILL_TOKEN_KEYS": str(SecretFiles(self.data).folder(KEY_FOLDER)),
        }
        if service.has_database:
            variables["WAYBILL_DATABASE_URL"] = _nearest_database_url(self, service.name)
        if service.has_events:
            variables |= settings_of(self.data, self.broker, service.name)
        if service.name == GATEWAY:
            others = [each.name for each in self.services if each != service]
            upstreams = {
                name: f"http://{LOOPBACK}:{self.port_for_services(name)}" for name in others
            }
            variables |= {
                "WAYBILL_UPSTREAMS": json.dumps(upstreams),
                "WAYBILL_RATE_LIMIT_FACTOR": str(_RATE_LIMIT_FACTOR),
                **login_settings(self.broker),
            }
        return {**variables, **_of_identity(self, service), **self.settings}

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


def _of_identity(plan: Plan, service: ServicePlan) -> dict[str, str]:
    if service.name != IDENTITY:
        return {}
    others = [each for each in plan.services if each.name not in (GATEWAY, IDENTITY)]
    return identity_settings(plan.data, plan.port_base, [each.http_contract for each in others])


def _nearest_database_url(plan: Plan, service: str) -> str:
    who = (service, service, SecretFiles(plan.data).password(service))
    fault_proxy = plan.fault_proxies.get("postgres")
    if fault_proxy is None:
        return nearest_postgres_url(plan.data, plan.postgres_port, *who)
    return postgres_url(fault_proxy, *who)


def free_port_base() -> int:
    """Find a port base whose ports are all free now, for tests."""
    while True:
        base = free_port() - BROKER_OFFSET
        if all(is_free(port) for port in range(base, base + BROKER_OFFSET + 1)):
            return base
