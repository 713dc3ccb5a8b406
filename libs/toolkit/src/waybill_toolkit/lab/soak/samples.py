"""The values that a soak test measures: memory, file descriptors, tables, lag."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.memory import tree_pss_bytes

_TABLES: Final = """
    select schemaname || '.' || relname as name, pg_total_relation_size(relid)::float8 as bytes,
        n_live_tup::float8 as live, n_dead_tup::float8 as dead
    from pg_stat_user_tables
"""
_UNPUBLISHED: Final = 'select count(*)::float8 from outbox where "offset" is null'
_SAGAS: Final = "select count(*)::float8 from sagas where deadline_at is not null"


@dataclass(frozen=True, slots=True)
class TableSize:
    bytes: float
    live_rows: float
    dead_rows: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The values at one time; processes by name, tables by database.schema.table."""

    seconds: float
    memory_bytes: Mapping[str, float]
    descriptors: Mapping[str, float]
    tables: Mapping[str, TableSize]
    unpublished_events: float
    orders_under_way: float


class Sampler:
    """Takes samples of one platform, on connections of its own."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._connections: dict[str, asyncpg.Connection[asyncpg.Record]] = {}

    async def __aenter__(self) -> "Sampler":
        for name in self._platform.databases:
            url = self._platform.admin_url(name)
            self._connections[name] = await asyncpg.connect(url)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.terminate()

    async def take(self, seconds: float) -> Sample:
        """Take a sample."""
        pids = {**self._platform.pids(), "supervisor": self._platform.state().supervisor.pid}
        memory = await asyncio.to_thread(_memory, pids)
        unpublished = [
            float(await each.fetchval(_UNPUBLISHED)) for each in self._connections.values()
        ]
        return Sample(
            seconds=seconds,
            memory_bytes=memory,
            descriptors={name: _descriptors(pid) for name, pid in pids.items()},
            tables=await self._tables(),
            unpublished_events=sum(unpublished),
            orders_under_way=float(await self._connections["orders"].fetchval(_SAGAS)),
        )

    async def _tables(self) -> dict[str, TableSize]:
        return {
            f"{database}.{row['name']}": TableSize(row["bytes"], row["live"], row["dead"])
            for database, connection in self._connections.items()
            for row in await connection.fetch(_TABLES)
        }


def _memory(pids: Mapping[str, int]) -> dict[str, float]:
    apart = list(pids.values())
    # Without shared memory, whose pages count only after their first use, which is no growth.
    return {name: float(tree_pss_bytes(pid, apart, shared=False)) for name, pid in pids.items()}


def _descriptors(pid: int) -> float:
    """Count a process's open files and sockets; PostgreSQL's are those of its postmaster."""
    try:
        return float(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0.0
