"""Injects faults of each kind."""

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import asyncpg
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]

from waybill_toolkit.lab.chaos.broker_faults import BrokerFaults
from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform
from waybill_toolkit.lab.chaos.link_faults import LinkFaults
from waybill_toolkit.lab.chaos.load import Load
from waybill_toolkit.lab.chaos.outboxes import publish_again, publish_shuffled, relay_held
from waybill_toolkit.lab.chaos.process_faults import ProcessFaults
from waybill_toolkit.lab.chaos.schedule import Fault, Kind
from waybill_toolkit.lab.chaos.slow_clients import slow_clients
from waybill_toolkit.lab.chaos.small_disk import filled
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.service_variables import environment_of

_MISSED: Final = (
    LookupError,
    NotRunningError,
    OSError,
    KafkaConnectionError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # Raised by asyncpg when the server dies in the middle of a request.
    asyncpg.InternalClientError,
)
"""The target is already down because of another fault."""

_REPLICA_STOP_SECONDS: Final = 15.0
_PROVIDER_TOKENS: Final = {"slow": "tok_slow", "lost answers": "tok_timeout_then_approved"}


class Faults:
    """Injects faults and records them as events."""

    def __init__(self, faulty: FaultyPlatform, load: Load, seed: int) -> None:
        self._faulty = faulty
        self._load = load
        self._chance = random.Random(f"faults {seed}")  # noqa: S311 - repeatable, no secret
        self.events: list[Event] = []
        processes = ProcessFaults(faulty, load.now)
        links = LinkFaults(faulty.fault_proxies, load.now, self._chance)
        broker = BrokerFaults(faulty.platform, load.now, self._chance)
        self.discarding: Final = broker.discarding
        self._kinds: dict[Kind, Callable[[Event], Awaitable[None]]] = {
            Kind.KILL: processes.end,
            Kind.WIPE: processes.end,
            Kind.FLIP: processes.end,
            Kind.RESTART: processes.end,
            Kind.FREEZE: processes.freeze,
            Kind.CUT: links.impair,
            Kind.DELAY: links.impair,
            Kind.THROTTLE: links.impair,
            Kind.RESET: links.reset,
            Kind.REPUBLISH: self._publish_again,
            Kind.REORDER: self._reorder,
            Kind.REBALANCE: self._rebalance,
            Kind.PROVIDER: self._trouble_provider,
            Kind.SLOW_CLIENTS: self._send_slowly,
            Kind.DISK_FULL: self._fill_disk,
            Kind.STRANGER: broker.trespass,
            Kind.UNREADABLE: broker.write_unreadable,
        }

    @property
    def active(self) -> list[Event]:
        return [event for event in self.events if event.ended is None]

    async def inject(self, fault: Fault) -> None:
        """Inject one fault, and return when it has ended."""
        event = Event(fault, self._load.now())
        self.events.append(event)
        try:
            await self._kinds[fault.kind](event)
        except _MISSED as error:
            event.missed = str(error) or type(error).__name__
        finally:
            event.ended = event.ended or self._load.now()

    async def _publish_again(self, event: Event) -> None:
        await publish_again(self._faulty.platform.admin_url(event.fault.target))

    async def _reorder(self, event: Event) -> None:
        platform = self._faulty.platform
        async with relay_held(platform.admin_url(event.fault.target)) as connection:
            await asyncio.sleep(event.fault.seconds)
            servers, security = platform.bootstrap_servers, platform.broker_security()
            await publish_shuffled(connection, servers, security, self._chance)

    async def _rebalance(self, event: Event) -> None:
        until = self._load.now() + event.fault.seconds
        while self._load.now() < until:
            async with self._replica(event.fault.target):
                await asyncio.sleep(self._chance.uniform(2.0, 4.0))

    @asynccontextmanager
    async def _replica(self, service: str) -> AsyncIterator[None]:
        plan = self._faulty.plan
        own = next(each for each in plan.services if each.name == service)
        program = Program(
            [sys.executable, "-m", service],
            log=DataFolder(plan.data).log(f"{service}-replica"),
            death_signal=signal.SIGKILL,
            environment=environment_of(plan, replace(own, port=free_port())),
        )
        process = program.spawn()
        self._faulty.replicas[process.pid] = service
        try:
            yield
        finally:
            asking = self._chance.choice([signal.SIGTERM, signal.SIGKILL])
            await asyncio.to_thread(end, process, asking, _REPLICA_STOP_SECONDS)
            del self._faulty.replicas[process.pid]

    async def _send_slowly(self, event: Event) -> None:
        # Not through the fault proxy, whose impairments would also hold up these clients.
        port = self._faulty.plan.ports()[event.fault.target]
        await slow_clients(port, event.fault.seconds)

    async def _fill_disk(self, event: Event) -> None:
        async with filled(self._faulty.plan.data):
            event.began = self._load.now()
            await asyncio.sleep(event.fault.seconds)

    async def _trouble_provider(self, event: Event) -> None:
        self._load.payment_token = _PROVIDER_TOKENS[event.fault.target]
        try:
            await asyncio.sleep(event.fault.seconds)
        finally:
            self._load.payment_token = None
