"""Replaces the real drivers with the simulated ones, once in an operating system process.

Replaced are asyncpg's `connect`, `BrokerLink.open`, `GroupMember`, the
payment provider, the time and the random numbers. Poll intervals are longer and deadlines are
shorter than in production. All other code is the services' own.
"""

import asyncio
import gc
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

import asyncpg
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from typing_extensions import override

import inventory.app
import orders.app
import orders.saga
import payments.app
import waybill.backoff
import waybill.ids
import waybill.kafka.link
import waybill.process.background
import waybill.receiving.assignment
import waybill.receiving.consumer
import waybill.receiving.retries
import waybill.sending.relay
import waybill.trace
from waybill.kafka.errors import BrokerError
from waybill_simulation.bank import Bank, BankLine
from waybill_simulation.deployment import Deployment
from waybill_simulation.effects import observe_effects
from waybill_simulation.kafka.link import SimulatedLink
from waybill_simulation.kafka.member import SimulatedMember
from waybill_simulation.network import START
from waybill_simulation.postgres.driver import SimulatedConnection, dial
from waybill_simulation.schemas import load
from waybill_simulation.world import World

POLL_SECONDS: Final = 3.0
RARE_SECONDS: Final = 10.0
"""A longer poll interval than in production: empty polls take time and find no bugs."""


Replacement: TypeAlias = tuple[object, str, object]
"""A module or class, a name in it, and the new value."""


class _Current:
    """The history that is running."""

    world: Deployment | None = None
    bank: Bank | None = None
    is_installed = False

    @classmethod
    def get(cls) -> Deployment:
        if cls.world is None:
            raise LookupError("no history is running")
        return cls.world


class _Time:
    """Replaces the module `time`."""

    @staticmethod
    def monotonic() -> float:
        return _Current.get().network.loop.time()

    @staticmethod
    def time_ns() -> int:
        network = _Current.get().network
        return int(START.timestamp() * 1e9) + int(network.loop.time() * 1e9)


class _Secrets:
    """Replaces the module `secrets`."""

    @staticmethod
    def randbits(count: int) -> int:
        return _Current.get().network.random.getrandbits(count)


class _Random:
    """Replaces the module `random`."""

    @staticmethod
    def getrandbits(count: int) -> int:
        return _Current.get().network.random.getrandbits(count)


class _Backoff(waybill.backoff.Backoff):
    """Does not retry after a defect of the consumer: it ends the process, which is a violation."""

    @override
    async def wait(self, error: Exception, stop: asyncio.Event) -> None:
        if not isinstance(error, BrokerError | KafkaError | OSError):
            raise error
        await super().wait(error, stop)


def bind(world: Deployment) -> None:
    """Bind the drivers to this history."""
    _Current.world = world
    waybill.ids._ticks = waybill.ids._Ticks()  # noqa: SLF001 (reset, so that a seed repeats)


def begin(world: World) -> None:
    """Bind them to a history of orders, and give its sagas short deadlines."""
    bind(world)
    _Current.bank = world.bank
    within = timedelta(seconds=world.scenario.answer_within)
    vars(orders.app)["PLACE_ORDER"] = _with_short_deadlines(within)


_REPEAT: Final = timedelta(seconds=5)
_SAGA: Final = orders.saga.PLACE_ORDER


def _with_short_deadlines(within: timedelta) -> Any:  # noqa: ANN401 (the type of a private name)
    steps = [
        replace(
            step,
            deadline=_REPEAT if step.refused is None else within,
            compensation=step.compensation and replace(step.compensation, deadline=_REPEAT),
        )
        for step in _SAGA.steps
    ]
    return replace(_SAGA, steps=tuple(steps))


def install(*more: Replacement) -> None:
    """Replace the drivers, once. This cannot be undone: use a separate process.

    `more` are the replacements that one play needs.
    Raises NotSimulatedError, MigrationError, StartError for schemas that cannot be created.
    """
    if _Current.is_installed:
        return
    load()
    _Current.is_installed = True
    logging.disable(logging.CRITICAL)
    for owner, name, value in (*_replacements(), *more):
        setattr(owner, name, value)
    observe_effects()
    # Imported modules stay; the garbage collector need not scan them.
    gc.freeze()


def _replacements() -> list[Replacement]:
    return [
        (asyncpg, "connect", _connect),
        (waybill.kafka.link.BrokerLink, "open", classmethod(_open_link)),
        (waybill.receiving.consumer, "GroupMember", _member),
        (payments.app, "Sandbox", _bank_line),
        (waybill.sending.relay, "time", _Time),
        (waybill.receiving.consumer, "time", _Time),
        (waybill.receiving.consumer, "Backoff", _Backoff),
        (waybill.receiving.assignment, "time", _Time),
        (waybill.process.background, "time", _Time),
        (waybill.ids, "time", _Time),
        (waybill.ids, "secrets", _Secrets),
        (waybill.trace, "random", _Random),
        (waybill.receiving.consumer, "POLL_MS", 10_000),
        (waybill.receiving.consumer, "TOPICS_CHECK_SECONDS", RARE_SECONDS),
        (waybill.sending.relay, "POLL_SECONDS", RARE_SECONDS),
        (waybill.receiving.retries, "POLL_SECONDS", RARE_SECONDS),
        (orders.app, "_DEADLINE_POLL_SECONDS", POLL_SECONDS),
        (inventory.app, "_EXPIRY_POLL_SECONDS", POLL_SECONDS),
    ]


async def _connect(url: str, **_: object) -> SimulatedConnection:
    world = _Current.get()
    return await dial(world.network, world.servers[_service(url)])


def _service(url: str) -> str:
    return url.rsplit("/", 1)[-1]


async def _open_link(_: type, *__: object) -> SimulatedLink:
    return await SimulatedLink.open(_Current.get().broker)


def _member(_: str, group: str, *__: object, **___: object) -> SimulatedMember:
    return SimulatedMember(_Current.get().broker, group)


def _bank_line(*_: object, **__: object) -> BankLine:
    if _Current.bank is None:
        raise LookupError("no history of orders is running")
    return BankLine(_Current.bank)
