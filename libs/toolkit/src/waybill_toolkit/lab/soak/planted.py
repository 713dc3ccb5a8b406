"""Rows with an artificial age: retention must delete the expired ones and keep the others.

A soak test is shorter than any retention period. So each kind of row is inserted with an age of a
day above and a day below its retention period.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import asyncpg

from waybill.http.idempotency import RETENTION as ANSWER_RETENTION
from waybill.ids import uuid7
from waybill.postgres.retention import INBOX_RETENTION, OUTBOX_RETENTION
from waybill_toolkit.platform.handle import Platform

ROWS: Final = 100
NEEDED_SECONDS: Final = 150.0
"""Two runs of retention, which runs every minute, and time for its work."""

_MARK: Final = "soak.planted"
_DAY: Final = timedelta(days=1)
# The lowest positions: the relay has passed them, and retention deletes the lowest ones first.
_PLANT_SENT: Final = """
    insert into outbox (position, event_id, topic, key, type, source, time, traceparent, payload,
        published_at, partition, "offset")
    overriding system value
    select least(0, (select min(position) from outbox)) - n, gen_random_uuid(), $1, 'key', $1, $1,
        now() - $2::interval, '', '', now() - $2::interval, 0, 0
    from generate_series(1, $3) as n
"""
_PLANT_RECEIVED: Final = """
    insert into inbox (event_id, received_at)
    select unnest($1::uuid[]), now() - $2::interval
"""
_PLANT_ANSWERS: Final = """
    insert into idempotency_keys (principal, operation, key, fingerprint, status, headers, body,
        created_at)
    select $1, $1, gen_random_uuid()::text, '', 200, '{}', '', now() - $2::interval
    from generate_series(1, $3)
"""
_LEFT: Final = """
    select
        (select count(*) from outbox where topic = $1 and published_at < now() - $2::interval),
        (select count(*) from outbox where topic = $1 and published_at >= now() - $2::interval),
        (select count(*) from inbox where event_id = any($3::uuid[])),
        (select count(*) from inbox where event_id = any($4::uuid[])),
        (select count(*) from idempotency_keys
            where operation = $1 and created_at < now() - $5::interval),
        (select count(*) from idempotency_keys
            where operation = $1 and created_at >= now() - $5::interval)
"""
_CLEAN: Final = (
    "delete from outbox where topic = $1",
    "delete from idempotency_keys where operation = $1",
)
_KINDS: Final = ("outbox", "inbox", "idempotency_keys")


class Planted:
    """The inserted rows in every database of a platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._old = {name: [uuid7() for _ in range(ROWS)] for name in platform.databases}
        self._young = {name: [uuid7() for _ in range(ROWS)] for name in platform.databases}

    async def plant(self) -> None:
        """Insert the rows."""
        for name in self._platform.databases:
            connection = await asyncpg.connect(self._platform.admin_url(name))
            try:
                for days, received in ((_DAY, self._old[name]), (-_DAY, self._young[name])):
                    await connection.execute(_PLANT_SENT, _MARK, OUTBOX_RETENTION + days, ROWS)
                    await connection.execute(_PLANT_RECEIVED, received, INBOX_RETENTION + days)
                    await connection.execute(_PLANT_ANSWERS, _MARK, ANSWER_RETENTION + days, ROWS)
            finally:
                connection.terminate()

    async def wrong(self) -> list[str]:
        """Return the expired rows that remain and missing recent rows, and clean up."""
        found = []
        for name in self._platform.databases:
            connection = await asyncpg.connect(self._platform.admin_url(name))
            try:
                left = await connection.fetchrow(
                    _LEFT,
                    _MARK,
                    OUTBOX_RETENTION,
                    self._old[name],
                    self._young[name],
                    ANSWER_RETENTION,
                )
                found += _wrong(name, tuple(left or ()))
                for statement in _CLEAN:
                    await connection.execute(statement, _MARK)
                await connection.execute(
                    "delete from inbox where event_id = any($1)", self._young[name]
                )
            finally:
                connection.terminate()
        return found


def _wrong(database: str, left: Sequence[int]) -> list[str]:
    """Compare the remaining rows: of each kind no old ones, and all young ones."""
    found = []
    for number, kind in enumerate(_KINDS):
        old, young = left[2 * number : 2 * number + 2]
        if old:
            found.append(f"{old} of {ROWS} old rows of {database}.{kind} are still there")
        if young != ROWS:
            found.append(f"{ROWS - young} of {ROWS} young rows of {database}.{kind} are gone")
    return found
