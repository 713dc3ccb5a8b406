"""How each kind of fault is brought about, and ended."""

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import asyncpg

from waybill_toolkit.lab.chaos.arena import Arena
from waybill_toolkit.lab.chaos.fault_proxies import Link
from waybill_toolkit.lab.chaos.load import Load
from waybill_toolkit.lab.chaos.outboxes import publish_again, publish_shuffled, relay_held
from waybill_toolkit.lab.chaos.schedule import BACKGROUND, Fault, Kind
from waybill_toolkit.lab.chaos.small_disk import filled
from waybill_toolkit.platform.broker import broker_folder
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.embedded_broker.home import distrust_home
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres_home import find_home
from waybill_toolkit.platform.processes import Identity, Program, children_of, end, working_in

REPLACED_SECONDS: Final = 60.0
"""A service is back in a second, PostgreSQL after its recovery."""

_MISSED: Final = (
    LookupError,
    NotRunningError,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg says when the server dies in the middle of an exchange.
    asyncpg.InternalClientError,
)
"""What was to be hit is down already, by another fault."""

_LOOK_SECONDS: Final = 0.02
_REPLICA_STOP_SECONDS: Final = 15.0
_RESET_EACH_SECONDS: Final = 0.5
_PROVIDER_TOKENS: Final = {"slow": "tok_slow", "lost answers": "tok_timeout_then_approved"}


@dataclass(slots=True)
class Event:
    """A fault as it came: times in seconds since the campaign began."""

    fault: Fault
    began: float
    ended: float | None = None
    """When nothing was broken on purpose any more; what it broke may still be down."""
    ready_again: float | None = None
    """When the process that was ended had been replaced."""
    missed: str = ""
    """Why nothing came of it: what it was to hit was down already, for instance."""

    def to_json(self) -> dict[str, Any]:
        times = {"began_seconds": self.began, "ended_seconds": self.ended}
        if self.ready_again is not None:
            times["ready_again_seconds"] = self.ready_again
        rounded = {name: round(value, 2) for name, value in times.items() if value is not None}
        return {**self.fault.to_json(), **rounded, "missed": self.missed}


class Faults:
    """Brings about faults; knows which ones there are now."""

    def __init__(self, arena: Arena, load: Load, seed: int) -> None:
        self._arena = arena
        self._load = load
        self._chance = random.Random(f"faults {seed}")  # noqa: S311 - repeatable, no secret
        self.events: list[Event] = []
        self._kinds: dict[Kind, Callable[[Event], Awaitable[None]]] = {
            Kind.KILL: self._end_process,
            Kind.WIPE: self._end_process,
            Kind.RESTART: self._end_process,
            Kind.FREEZE: self._freeze,
            Kind.CUT: self._spoil_link,
            Kind.DELAY: self._spoil_link,
            Kind.THROTTLE: self._spoil_link,
            Kind.RESET: self._reset_link,
            Kind.REPUBLISH: self._publish_again,
            Kind.REORDER: self._reorder,
            Kind.REBALANCE: self._rebalance,
            Kind.PROVIDER: self._trouble_provider,
            Kind.DISK_FULL: self._fill_disk,
        }

    @property
    def active(self) -> list[Event]:
        return [event for event in self.events if event.ended is None]

    async def bring(self, fault: Fault) -> None:
        """Bring about one fault, and return when it is over."""
        event = Event(fault, self._load.now())
        self.events.append(event)
        try:
            await self._kinds[fault.kind](event)
        except _MISSED as error:
            event.missed = str(error) or type(error).__name__
        finally:
            event.ended = event.ended or self._load.now()

    async def _end_process(self, event: Event) -> None:
        fault = event.fault
        # A service and its background process end together.
        name = fault.target.removesuffix(BACKGROUND)
        former = self._identity(name)
        number = signal.SIGKILL
        if fault.kind is Kind.WIPE:
            distrust_home(broker_folder(self._arena.plan.data))
        if fault.kind is Kind.RESTART:
            number = signal.SIGINT if fault.target == "postgres" else signal.SIGTERM
        for victim in [former] if name == fault.target else _children(former):
            victim.signal(number)
        event.ended = self._load.now()
        async with asyncio.timeout(REPLACED_SECONDS):
            while not self._is_replaced(name, former):  # noqa: ASYNC110 - not ours
                await asyncio.sleep(_LOOK_SECONDS)
        event.ready_again = self._load.now()

    def _identity(self, name: str) -> Identity:
        identity = self._arena.platform.process(name).identity
        if identity is None or not identity.is_alive():
            raise NotRunningError(f"{name} was down already")
        return identity

    def _is_replaced(self, name: str, former: Identity) -> bool:
        return self._arena.platform.is_ready(name, apart_from=former)

    async def _freeze(self, event: Event) -> None:
        frozen = self._processes_of(event.fault.target)
        for process in frozen:
            process.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(event.fault.seconds)
        finally:
            for process in frozen:
                process.signal(signal.SIGCONT)

    def _processes_of(self, name: str) -> list[Identity]:
        if name != "postgres":
            service = self._identity(name.removesuffix(BACKGROUND))
            background = _children(service)
            return background if name.endswith(BACKGROUND) else [service, *background]
        home = find_home(self._arena.plan.data)
        found = working_in(home / "data") if home else []
        if not found:
            raise NotRunningError(f"{name} was down already")
        return found

    async def _spoil_link(self, event: Event) -> None:
        weather = self._arena.fault_proxies.weather(_link(event.fault))
        if not weather.is_fine:
            raise LookupError("the link was bad already")
        match event.fault.kind:
            case Kind.CUT:
                weather.clear.clear()
            case Kind.DELAY:
                weather.delay_seconds = self._chance.uniform(0.02, 0.4)
            case _:
                weather.bytes_per_second = self._chance.uniform(2_000, 20_000)
        try:
            await asyncio.sleep(event.fault.seconds)
        finally:
            weather.delay_seconds, weather.bytes_per_second = 0.0, None
            weather.clear.set()

    async def _reset_link(self, event: Event) -> None:
        until = self._load.now() + event.fault.seconds
        while self._load.now() < until:
            self._arena.fault_proxies.reset(_link(event.fault))
            await asyncio.sleep(_RESET_EACH_SECONDS * self._chance.uniform(0.2, 1.8))

    async def _publish_again(self, event: Event) -> None:
        await publish_again(self._arena.platform.admin_url(event.fault.target))

    async def _reorder(self, event: Event) -> None:
        platform = self._arena.platform
        async with relay_held(platform.admin_url(event.fault.target)) as connection:
            await asyncio.sleep(event.fault.seconds)
            await publish_shuffled(connection, platform.bootstrap_servers, self._chance)

    async def _rebalance(self, event: Event) -> None:
        until = self._load.now() + event.fault.seconds
        while self._load.now() < until:
            async with self._replica(event.fault.target):
                await asyncio.sleep(self._chance.uniform(2.0, 4.0))

    @asynccontextmanager
    async def _replica(self, service: str) -> AsyncIterator[None]:
        plan = self._arena.plan
        own = next(each for each in plan.services if each.name == service)
        program = Program(
            [sys.executable, "-m", service],
            log=DataFolder(plan.data).log(f"{service}-replica"),
            death_signal=signal.SIGKILL,
            environment=plan.environment(replace(own, port=free_port())),
        )
        process = program.spawn()
        self._arena.replicas[process.pid] = service
        try:
            yield
        finally:
            asking = self._chance.choice([signal.SIGTERM, signal.SIGKILL])
            await asyncio.to_thread(end, process, asking, _REPLICA_STOP_SECONDS)
            del self._arena.replicas[process.pid]

    async def _fill_disk(self, event: Event) -> None:
        async with filled(self._arena.plan.data):
            event.began = self._load.now()
            await asyncio.sleep(event.fault.seconds)

    async def _trouble_provider(self, event: Event) -> None:
        self._load.payment_token = _PROVIDER_TOKENS[event.fault.target]
        try:
            await asyncio.sleep(event.fault.seconds)
        finally:
            self._load.payment_token = None


def _children(parent: Identity) -> list[Identity]:
    return list(filter(None, map(Identity.of, children_of(parent.pid))))


def _link(fault: Fault) -> Link:
    if fault.link is None:
        raise ValueError(f"{fault} has no link")
    return fault.link
