"""The costs of an order: processor time by process, SQL, WAL, events.

Counters are read before and after. The benchmark's own queries are excluded from statements and
transactions, and reported separately in the processor time.

    processor time  /proc/PID/stat (proc_pid_stat(5)), in ticks of 10 ms; PostgreSQL's by database,
                    from the process titles of its backends
    statements      pg_stat_statements, on a platform that was started with it
    transactions    pg_stat_database: backends report once a second, and when they become idle
    log bytes       pg_current_wal_lsn, of the whole server
    events          rows of the outboxes
"""

import asyncio
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from waybill_toolkit.lab.bench.scenario import Figure
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.postgres import ADMIN
from waybill_toolkit.platform.processes import children_of

CLIENT: Final = "client"
PRELOAD: Final = "pg_stat_statements"

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_SERVES: Final = re.compile(r"postgres: (?:[^ ]+: )?(?P<role>\w+) (?P<database>\w+) ")
_STATEMENTS: Final = """
    select datname, sum(calls)::float8 as count
    from pg_stat_statements join pg_database on pg_database.oid = dbid
        join pg_roles on pg_roles.oid = userid
    where rolname <> $1 group by datname
"""
_TRANSACTIONS: Final = """
    select datname, (xact_commit + xact_rollback)::float8 as count
    from pg_stat_database where datname is not null
"""
_LOG_BYTES: Final = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8"
_EVENTS: Final = "select coalesce(max(position), 0)::float8 from outbox"
_OPEN: Final = 'select exists (select from outbox where "offset" is null)'
_MOVING: Final = "select exists (select from sagas where deadline_at is not null)"
_CALLS: Final = "select exists (select from payments where due_at is not null)"
_QUIET_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_REPORTED_SECONDS: Final = 1.1  # PGSTAT_MIN_INTERVAL, and a little


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters at one time, by process or by database."""

    cpu_seconds: Mapping[str, float]
    statements: Mapping[str, float] | None
    transactions: Mapping[str, float]
    wal_bytes: float
    events: Mapping[str, float]

    def figures_since(
        self, before: "Counters", count: int, per: str = "order"
    ) -> dict[str, Figure]:
        """Return the costs since `before`, divided by the number of orders or other units."""
        if not count:
            return {}
        cpu = _share(before.cpu_seconds, self.cpu_seconds, count)
        events = _share(before.events, self.events, count)
        transactions = _share(before.transactions, self.transactions, count)
        figures: dict[str, Figure] = {
            f"cpu_seconds_per_{per}": sum(cpu.values()),
            f"cpu_seconds_per_{per}_by_process": cpu,
            f"transactions_per_{per}": sum(transactions.values()),
            f"transactions_per_{per}_by_database": transactions,
            f"wal_bytes_per_{per}": (self.wal_bytes - before.wal_bytes) / count,
            f"events_per_{per}": sum(events.values()),
            f"statements_per_{per}": None,
        }
        if self.statements is not None and before.statements is not None:
            statements = _share(before.statements, self.statements, count)
            figures[f"statements_per_{per}"] = sum(statements.values())
            figures[f"statements_per_{per}_by_database"] = statements
        return figures


def _share(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    spent = {name: (value - before.get(name, 0.0)) / count for name, value in after.items()}
    return {name: value for name, value in spent.items() if value > 0}


class Meter:
    """Reads the counters of one platform."""

    def __init__(self, platform: Platform, replicas: Mapping[str, int] | None = None) -> None:
        """`replicas` are the ids of further processes of services, by name."""
        self._platform = platform
        self._replicas = replicas or {}
        self._databases: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._has_statements = False
        self.own_transactions: Counter[str] = Counter()
        """The transactions of the benchmark itself, by database; other readers add theirs."""

    async def __aenter__(self) -> "Meter":
        for name in self._platform.all_databases():
            self._databases[name] = await asyncpg.connect(self._platform.admin_url(name))
        with suppress(asyncpg.PostgresError):  # not preloaded, or not installed
            first = next(iter(self._databases.values()))
            await first.execute(f"create extension if not exists {PRELOAD}")
            await first.fetch(_STATEMENTS, ADMIN)
            self._has_statements = True
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._databases.values():
            connection.terminate()

    async def read(self) -> Counters:
        """Read all counters."""
        await asyncio.sleep(_REPORTED_SECONDS)
        first = next(iter(self._databases))
        transactions = await self._counts(_TRANSACTIONS)
        return Counters(
            cpu_seconds=cpu_seconds(self._platform, self._replicas),
            statements=await self._counts(_STATEMENTS, ADMIN) if self._has_statements else None,
            transactions={
                name: transactions[name] - self.own_transactions[name] for name in self._databases
            },
            wal_bytes=float(await self._ask(first, _LOG_BYTES)),
            events={name: float(await self._ask(name, _EVENTS)) for name in self._databases},
        )

    async def until_quiet(self) -> None:
        """Wait until no saga, payment or event is in progress, for at most a minute."""
        deadline = time.monotonic() + _QUIET_SECONDS
        while await self._is_busy() and time.monotonic() < deadline:  # noqa: ASYNC110 - external state
            await asyncio.sleep(_LOOK_SECONDS)

    async def _is_busy(self) -> bool:
        if await self._ask("orders", _MOVING) or await self._ask("payments", _CALLS):
            return True
        return any([await self._ask(name, _OPEN) for name in self._databases])

    async def _ask(self, database: str, sql: str) -> Any:  # noqa: ANN401 - any value
        self.own_transactions[database] += 1
        return await self._databases[database].fetchval(sql)

    async def _counts(self, sql: str, *arguments: object) -> dict[str, float]:
        name, connection = next(iter(self._databases.items()))
        self.own_transactions[name] += 1
        return {row["datname"]: row["count"] for row in await connection.fetch(sql, *arguments)}


def cpu_seconds(platform: Platform, replicas: Mapping[str, int] | None = None) -> dict[str, float]:
    """Return the processor time of the platform's processes, of `replicas` and of this process."""
    pids = {**platform.pids(), "supervisor": platform.state().supervisor.pid, **(replicas or {})}
    named = set(pids.values())
    spent = {
        name: sum(map(process_seconds, (pid, *(set(children_of(pid)) - named))))
        for name, pid in pids.items()
        if name != "postgres"
    }
    return {**spent, **_postgres_seconds(pids["postgres"]), CLIENT: time.process_time()}


def process_seconds(pid: int, *, with_ended_children: bool = False) -> float:
    """Return the processor time of a process; 0 when it has exited."""
    fields = _stat(pid)
    ticks = fields[11:15] if with_ended_children else fields[11:13]
    return sum(map(int, ticks)) / _TICKS_PER_SECOND


def _postgres_seconds(postmaster: int) -> dict[str, float]:
    spent: defaultdict[str, float] = defaultdict(float)
    spent["postgres, itself"] = process_seconds(postmaster, with_ended_children=True)
    for pid in children_of(postmaster):
        served = _SERVES.match(_title(pid))
        name = "itself"
        if served:
            name = "for the client" if served["role"] == ADMIN else f"for {served['database']}"
        spent[f"postgres, {name}"] += process_seconds(pid)
    return dict(spent)


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
    except OSError:
        return ""


def _stat(pid: int) -> list[bytes]:
    """Return the fields after the process name; the first one is the state."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return [b"0"] * 50
