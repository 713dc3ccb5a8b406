"""The processes that the supervisor manages: how each starts, becomes ready and stops."""

import asyncio
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from secrets import token_hex
from typing import Final, NamedTuple

from typing_extensions import override

from waybill_toolkit.platform.broker import STOP_SECONDS as BROKER_STOP_SECONDS
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.broker_users import users_file, write_users
from waybill_toolkit.platform.children import Child, watch
from waybill_toolkit.platform.listener import Listener, bind
from waybill_toolkit.platform.plan import Plan, ServicePlan
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.prefork import Request
from waybill_toolkit.platform.prefork_client import PreforkClient
from waybill_toolkit.platform.probe import answers_ok, is_live
from waybill_toolkit.platform.service_variables import environment_of


class ManagedProcess(ABC):
    name: str
    kind: str
    address: str | None
    log: Path
    has_database = False  # of its own
    stop_signal = signal.SIGTERM
    stop_seconds: float  # the timeout of a graceful stop

    def may_launch(self) -> bool:
        return True

    @abstractmethod
    async def launch(self) -> Child: ...

    @abstractmethod
    async def is_ready(self, child: Child) -> bool: ...

    async def is_alive(self) -> bool:
        """Whether it works, or nothing is known about that."""
        return True


class ManagedPostgres(ManagedProcess):
    name = "postgres"
    kind = "server"
    stop_signal = signal.SIGINT  # a fast shutdown: sessions are ended
    stop_seconds = 30.0  # it writes a checkpoint

    def __init__(self, plan: Plan, log: Path) -> None:
        self.address = f"{LOOPBACK}:{plan.postgres_port}"
        self.log = log
        self._server = PostgresServer(plan.data, plan.postgres_port, log, plan.postgres_settings)

    @override
    async def launch(self) -> Child:
        if not self._server.has_data:
            initdb = watch(self._server.initdb().spawn())
            self._server.finish_initdb(await initdb.ended)
        await asyncio.to_thread(self._server.clear_remains)
        return watch(self._server.program().spawn())

    @override
    async def is_ready(self, child: Child) -> bool:
        return self._server.is_ready(child.pid)


class ManagedBroker(ManagedProcess):
    name = "broker"
    kind = "server"
    stop_seconds = BROKER_STOP_SECONDS

    def __init__(self, plan: Plan, log: Path) -> None:
        self.address = plan.bootstrap_servers
        self.log = log
        advertised = plan.port_for_services("broker")
        self._plan = plan
        self._is_prepared = False
        users = users_file(plan.data)
        self._server = BrokerServer(
            plan.data,
            plan.broker_port,
            log,
            advertised_port=advertised,
            users=users,
            jars=plan.kafka_jars,
        )

    @override
    async def launch(self) -> Child:
        write_users(self._plan.data, self._contracts())
        self._is_prepared = self._plan.kafka_jars is None
        return watch(self._server.program().spawn())

    @override
    async def is_ready(self, child: Child) -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, self._plan.broker_port)
        except OSError:
            return False
        writer.close()
        if not self._is_prepared:
            self._is_prepared = await self._prepare()
        return self._is_prepared

    async def _prepare(self) -> bool:
        """Give Kafka's users their permissions; False if it is not ready for that."""
        # Imported here: a client of Kafka takes 10 MB.
        from waybill_toolkit.platform.kafka_permissions import give_permissions  # noqa: PLC0415

        return await give_permissions(self._plan, self._contracts())

    def _contracts(self) -> dict[str, Path]:
        services = self._plan.services
        return {each.name: each.event_contract for each in services if each.has_events}


class PreforkServer(ManagedProcess):
    name = "prefork"
    kind = "prefork"
    address = None
    stop_seconds = 2.0

    def __init__(self, client: PreforkClient, log: Path) -> None:
        self.log = log
        self._client = client

    @override
    async def launch(self) -> Child:
        return self._client.start()

    @override
    async def is_ready(self, child: Child) -> bool:
        return self._client.is_ready


_INSTANCE: Final = "WAYBILL_KAFKA_INSTANCE_ID"


def _instance_of(service: ServicePlan) -> str:
    """Name the processes that are started in place of each other, apart from all others."""
    return f"{service.name}-{token_hex(8)}"


class Launcher(NamedTuple):
    """How the next process of a service is started."""

    host: PreforkClient
    request: Request


class ManagedService(ManagedProcess):
    kind = "service"
    stop_seconds = 15.0  # the runtime's graceful_stop_seconds and half as much again

    def __init__(self, plan: Plan, service: ServicePlan, host: PreforkClient, log: Path) -> None:
        self.name = service.name
        self.address = service.address
        self.has_database = service.has_database
        self.log = log
        self._port = service.port
        self._listener = Listener()
        self._probe_ports: dict[int, int] = {}
        """By pid, of a process that took over from another one: both answer at the same port."""
        self.use(plan, service, host)

    def use(self, plan: Plan, service: ServicePlan, host: PreforkClient) -> None:
        """Start the next process from this folder, by this pre-fork server."""
        request = Request(
            name=service.name,
            module=f"{service.name}.app",
            log=str(self.log),
            environment={**environment_of(plan, service), _INSTANCE: _instance_of(service)},
            search_path=[str(service.source)],
        )
        self.launcher = Launcher(host, request)

    @override
    def may_launch(self) -> bool:
        return self.launcher.host.is_ready

    @override
    async def launch(self) -> Child:
        host, request = self.launcher
        child = await host.launch(request, self._listener.bound(request.environment))
        self._listener.used_by(child)
        return child

    async def launch_beside(self) -> Child:
        """Start a process that listens together with the one that runs."""
        host, request = self.launcher
        with bind() as probed:
            sockets = self._listener.bound(request.environment)
            child = await host.launch(request, [*sockets, probed])
            self._probe_ports[child.pid] = probed.getsockname()[1]
        self._listener.used_by(child)
        return child

    @override
    async def is_ready(self, child: Child) -> bool:
        return await answers_ok(self._probe_ports.get(child.pid, self._port), "/health/ready")

    @override
    async def is_alive(self) -> bool:
        return await is_live(self._port)
