"""A connection that runs each statement on both PostgreSQLs and compares the results."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import asyncpg
from tests.simulation.conftest import NOW, TABLES, Session

from waybill.clock import ManualClock
from waybill.postgres import Transaction


class Both:
    """A raw connection that runs statements on both and compares the results."""

    def __init__(self, simulated: Session, real: Session) -> None:
        self._simulated, self._real = simulated, real
        self.statements: set[str] = set()

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        real = await self._real.fetch(sql, *arguments)
        simulated = await self._simulated.fetch(sql, *arguments)
        assert _comparable(simulated, sql) == _comparable(real, sql), sql
        self.statements.add(sql)
        return real

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else row[0]

    async def execute(self, sql: str, *arguments: Any) -> str:
        real, error = await _or_violation(self._real, sql, arguments)
        simulated, simulated_error = await _or_violation(self._simulated, sql, arguments)
        assert getattr(simulated_error, "constraint_name", "") == getattr(
            error, "constraint_name", ""
        )
        if error:
            raise error
        if not sql.startswith("RELEASE"):
            assert simulated == real, sql
        return real

    def is_closed(self) -> bool:
        return False


async def _or_violation(
    session: Session, sql: str, arguments: Sequence[Any]
) -> tuple[str, asyncpg.UniqueViolationError | None]:
    try:
        return await session.execute(sql, *arguments), None
    except asyncpg.UniqueViolationError as error:
        return "", error


def _comparable(rows: Sequence[Any], sql: str) -> list[Any]:
    plain = [
        tuple(value.hex if isinstance(value, UUID) else value for value in row) for row in rows
    ]
    return plain if "order by" in sql.lower() else sorted(plain, key=repr)


class BothTransaction:
    """A transaction on both, committed at the end."""

    def __init__(self, both: Both) -> None:
        self._tx = Transaction(cast("Any", both), "test", ManualClock(NOW), lambda _: None)

    async def __aenter__(self) -> Transaction:
        return self._tx

    async def __aexit__(self, *error: object) -> None:
        if error[0] is None:
            await self._tx.finish()
            await self._tx.commit()
            self._tx.committed()
        else:
            await self._tx.rollback()


async def assert_same_tables(both: Both) -> None:
    for table in TABLES:
        left_out = {
            "idempotency_keys": "principal, operation, key, status, headers, body",
            "security_log": "position, actor, action, target, detail",
        }
        await both.fetch(f"select {left_out.get(table, '*')} from {table}")
