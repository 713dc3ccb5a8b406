"""Limits that all replicas of the gateway count together, in Valkey or Redis.

One script decides for a caller, with the same algorithm and the clock of the store. While the store
does not answer, each replica counts by itself, with a quota of the same size: callers are admitted
more often than they should be, and never refused because a store is away.
"""

import asyncio
import logging
from hashlib import sha1
from typing import Final

from typing_extensions import override

from gateway.rate_limits import Decision, Limit, LocalLimit, Policy
from gateway.resp import RespConnection, StoreError, connect
from waybill.backoff import pause

_log: Final = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 0.1
"""A script takes some 0.1 ms; a request must not wait for a store that is overloaded."""
CONNECT_SECONDS: Final = 2.0
TICK_SECONDS: Final = 0.5
PREFIX: Final = "waybill:rate-limit"

_CHARGE: Final = b"""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ahead = math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now)
local after = ahead + tonumber(ARGV[1])
if after > tonumber(ARGV[2]) then
    return {0, ahead}
end
redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
return {1, after}
"""
"""KEYS: the caller. ARGV: what the request moves its time by, and the most that it may be ahead.

Lua's tostring keeps 14 digits, and a time in microseconds has 16.
"""
_CHARGE_SHA: Final = sha1(_CHARGE, usedforsecurity=False).hexdigest()
_NOT_LOADED: Final = "NOSCRIPT"


class RateLimitStore:
    """The connection to the store. A background part: no request waits for a connection."""

    name: Final = "rate limit store"

    def __init__(self, address: str) -> None:
        """`address` is what `gateway.resp.connect` takes."""
        self._address = address
        self._connection: RespConnection | None = None
        self._is_away = False

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self._connection is not None

    async def run(self, stop: asyncio.Event) -> None:
        """Keep a connection open until `stop` is set."""
        try:
            while not stop.is_set():
                if self._connection is not None and self._connection.is_lost:
                    self._give_up(self._connection, "the connection has ended")
                if self._connection is None:
                    await self._connect()
                await pause(stop, TICK_SECONDS)
        finally:
            if self._connection is not None:
                self._connection.close()

    async def charge(self, key: str, cost_us: int, capacity_us: int) -> Decision:
        """Run the script for a caller. Raises StoreError when the store does not answer."""
        connection = self._connection
        if connection is None:
            raise StoreError("there is no connection")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _charge(connection, key, cost_us, capacity_us)
        except TimeoutError:
            self._give_up(connection, f"no answer in {ANSWER_SECONDS:g} s")
            raise StoreError("no answer") from None
        except StoreError as error:
            self._give_up(connection, str(error))
            raise

    def _give_up(self, connection: RespConnection | None, reason: str) -> None:
        """Close a connection, and log that the store is away, once for each time that it is."""
        if connection is not None:
            connection.close()
        if connection is self._connection:
            self._connection = None
            if not self._is_away:
                self._is_away = True
                _log.warning("%s: %s; each replica counts by itself", self.name, reason)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._connection = await connect(self._address)
        except (OSError, StoreError, TimeoutError) as error:
            self._give_up(None, str(error) or type(error).__name__)
            return
        if self._is_away:
            _log.info("%s: connected again", self.name)
        self._is_away = False


async def _charge(connection: RespConnection, key: str, cost_us: int, capacity_us: int) -> Decision:
    """Run the script. Raises StoreError."""
    arguments = (1, key, cost_us, capacity_us)
    try:
        reply = await connection.ask("EVALSHA", _CHARGE_SHA, *arguments)
    except StoreError as error:
        if not str(error).startswith(_NOT_LOADED):
            raise
        reply = await connection.ask("EVAL", _CHARGE, *arguments)
    match reply:
        case [int(admitted), int(ahead)]:
            return Decision(is_admitted=admitted == 1, ahead_us=ahead)
        case _:
            raise StoreError("an unexpected answer")


class SharedLimit(Limit):
    """The limit of a class in the store."""

    def __init__(self, policy: Policy, store: RateLimitStore) -> None:
        self.policy = policy
        self._store = store
        self._local = LocalLimit(policy)

    @override
    async def charge(self, key: str, cost: int) -> Decision:
        """Take `cost` units from the quota of a caller, if it has so many."""
        policy = self.policy
        named = f"{PREFIX}:{policy.name}:{key}"
        try:
            return await self._store.charge(named, cost * policy.interval_us, policy.capacity_us)
        except StoreError:
            return await self._local.charge(key, cost)
