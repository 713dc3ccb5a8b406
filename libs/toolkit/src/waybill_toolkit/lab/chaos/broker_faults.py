"""Clients of the broker that mean harm: a stranger, and one that writes what cannot be read."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from struct import pack, pack_into
from typing import Final

import asyncpg
from aiokafka.protocol.group import JoinGroupRequest  # type: ignore[import-untyped]
from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]

from waybill.kafka.connecting import connect
from waybill.kafka.errors import BrokerError, BrokerRefusedError
from waybill.kafka.link import BrokerLink
from waybill.kafka.log_requests import ProduceRequest
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill.receiving.unreadable_batches import BATCH_TYPE
from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import BROKER_OFFSET
from waybill_toolkit.platform.ports import LOOPBACK

PARKED_SECONDS: Final = 60.0
"""The service may have to be started again first. What is parked later is discarded at the end."""

_FLOOD: Final = 200
"""Connections that send nothing, or the beginning of a request."""
_ROUND_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.2
_ACKS_ALL: Final = -1
_TIMEOUT_MS: Final = 1_000
_FOREVER_MS: Final = 2**31 - 1
_REFUSED: Final = frozenset({29, 30})
"""TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED."""
_CRC_AT: Final = 17
_CHECKED_FROM: Final = 21
_KEY_LENGTH_AT: Final = 65
_DISCARD: Final = "update dead_letters set state = 'discarded' where type = $1 and state = 'dead'"


class StrangerAcceptedError(Exception):
    """The broker let a client do what it may not. It ends the campaign."""


class BrokerFaults:
    """Uses the broker of a platform as it is not meant to be used."""

    def __init__(self, platform: Platform, now: Callable[[], float], chance: random.Random) -> None:
        self._platform = platform
        self._port = platform.port_base + BROKER_OFFSET
        self._now = now
        self._chance = chance
        self._written_to: set[str] = set()

    async def trespass(self, event: Event) -> None:
        """Flood the broker, guess a password, and try to take what belongs to the target."""
        until = self._now() + event.fault.seconds
        async with AsyncExitStack() as stack:
            await self._flood(stack)
            while self._now() < until:
                for security in (PLAINTEXT, self._guessed(event.fault.target)):
                    await self._is_kept_out(security)
                await self._is_limited(event.fault.target)
                await asyncio.sleep(_ROUND_SECONDS)

    async def write_unreadable(self, event: Event) -> None:
        """Write a batch that the target cannot decode, and discard it when it is parked."""
        # Before it is written: the broker may keep it although its answer is lost.
        self._written_to.add(event.fault.target)
        await self.write_to(event.fault.target)
        async with asyncio.timeout(PARKED_SECONDS):
            while not await self.discard(event.fault.target):  # noqa: ASYNC110 (a table)
                await asyncio.sleep(_POLL_SECONDS)

    @asynccontextmanager
    async def discarding(self) -> AsyncIterator[None]:
        """Discard what is parked during the block: other faults may have kept the target from it.

        The audit after the block would find a dead letter.
        """
        task = asyncio.ensure_future(self._keep_discarding())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _keep_discarding(self) -> None:
        while True:
            for service in sorted(self._written_to):
                await self.discard(service)
            await asyncio.sleep(_POLL_SECONDS)

    async def write_to(self, service: str) -> None:
        """Write a batch that it cannot decode to a service. Raises LookupError, OSError."""
        topic = f"{service}.commands.v1"
        link = await self._open(self._platform.broker_security())
        try:
            states = await link.topics([topic])
            if not states:
                raise LookupError(f"there is no topic {topic} at the moment")
            await link.produce({Partition(topic, 0): unreadable_batch()}, states)
        except BrokerError as error:
            raise ConnectionError(str(error)) from error
        finally:
            await link.close()

    async def _flood(self, stack: AsyncExitStack) -> None:
        for _ in range(_FLOOD):
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
            stack.callback(writer.close)
            with suppress(OSError):
                writer.write(self._chance.choice([b"", pack(">i", 1_000_000) + b"x" * 1000]))

    def _guessed(self, user: str) -> KafkaSecurity:
        return KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", user, "guessed")

    async def _is_kept_out(self, security: KafkaSecurity) -> None:
        with suppress(BrokerRefusedError):
            link = await self._open(security)
            await link.close()
            raise StrangerAcceptedError(f"the broker accepts {security}")

    async def _is_limited(self, target: str) -> None:
        """Be another service, and try to join the group of the target and to give it a command."""
        topic = f"{target}.commands.v1"
        other = self._chance.choice([name for name in ("catalog", "inventory") if name != target])
        protocols = [("roundrobin", b"")]
        join = JoinGroupRequest(target, _FOREVER_MS, _FOREVER_MS, "", None, "consumer", protocols)
        produce = ProduceRequest(_ACKS_ALL, _TIMEOUT_MS, [(topic, [(0, unreadable_batch())])])
        security = self._platform.broker_security(other)
        connection = await connect(LOOPBACK, self._port, security)
        if connection is None:
            raise ConnectionError("the broker cannot be reached")
        try:
            joined = (await connection.send(join)).error_code
            [written] = await connection.send(produce)
        finally:
            connection.close()
        if not {joined, written.error} <= _REFUSED:
            raise StrangerAcceptedError(f"{other} may use {topic} or join the group {target}")

    async def _open(self, security: KafkaSecurity) -> BrokerLink:
        try:
            return await BrokerLink.open(self._platform.bootstrap_servers, security)
        except BrokerRefusedError:
            raise
        except BrokerError as error:
            raise ConnectionError(str(error)) from error

    async def discard(self, service: str) -> bool:
        """Discard the parked batches of a service; return whether there were some."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(self._platform.admin_url(service))
            try:
                return str(await connection.execute(_DISCARD, BATCH_TYPE)) != "UPDATE 0"
            finally:
                await connection.close()
        return False


def unreadable_batch() -> bytes:
    """Return a batch with a right checksum, whose only record says that its key is longer."""
    made = RecordBatch()
    made.append(0, b"key", b"value", [], 0)
    batch = bytearray(made.encode())
    batch[_KEY_LENGTH_AT] = 0x7E
    pack_into(">I", batch, _CRC_AT, calc_crc32c(batch[_CHECKED_FROM:]))
    return bytes(batch)
