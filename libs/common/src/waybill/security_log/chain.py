"""Numbers and hashes the entries of the security log, in the order in which they are found.

The chainer of every replica polls. An advisory lock of the transaction lets one of them work at a
time. An entry without a number is unchained, however late its transaction commits and whatever its
position is, so none is lost and none is numbered twice: a crash in the middle of a batch rolls the
whole batch back. The numbers of two entries follow the order of their transactions where one began
after the other had committed.

The hash covers the row as PostgreSQL returns it, not as it was sent: what is stored is rounded to
microseconds, for example.
"""

import hashlib
from datetime import datetime
from typing import Final

from waybill.postgres import Transaction
from waybill.postgres.timers import Timer

POLL_SECONDS: Final = 5.0
"""Longest time in which an entry can be changed without a break of the chain."""
BATCH_MAX: Final = 1_000
"""Hashes in a transaction; they take some milliseconds."""

FIRST_PREV: Final = bytes(32)
"""The `prev` of the first entry."""

_LOCK: Final = 0x5742_0003

CANONICAL: Final = """
    jsonb_build_array(position, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        actor, action, target, detail)::text
"""
"""An entry as text, independent of the settings of the session."""

_IS_WORK: Final = "SELECT EXISTS (SELECT FROM security_log WHERE number IS NULL)"
_UNCHAINED: Final = f"""
    SELECT position, {CANONICAL} AS canonical FROM security_log
    WHERE number IS NULL ORDER BY position LIMIT $1
"""  # noqa: S608 - constant texts
LAST: Final = """
    SELECT number, hash FROM security_log WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1
"""
_NUMBER: Final = """
    UPDATE security_log AS entry SET number = link.number, prev = link.prev, hash = link.hash
    FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])
        AS link (position, number, prev, hash)
    WHERE entry.position = link.position
"""


def hash_of(prev: bytes, canonical: str) -> bytes:
    """Return the hash of an entry that follows the one with the hash `prev`."""
    return hashlib.sha256(prev + canonical.encode()).digest()


def chainer() -> Timer:
    """Return the timer that chains the entries of a database."""
    return Timer("security log", POLL_SECONDS, _take)


async def _take(tx: Transaction, _now: datetime, _count: int) -> int:
    if not await tx.fetchval(_IS_WORK):
        return 0
    # Its own statement: the next one sees what the last holder of the lock has committed.
    if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
        return 0
    last = await tx.fetchrow(LAST)
    number, prev = (last["number"], last["hash"]) if last else (0, FIRST_PREV)
    rows = await tx.fetch(_UNCHAINED, BATCH_MAX)
    prevs: list[bytes] = []
    hashes: list[bytes] = []
    for row in rows:
        prevs.append(prev)
        prev = hash_of(prev, row["canonical"])
        hashes.append(prev)
    positions = [row["position"] for row in rows]
    numbers = list(range(number + 1, number + 1 + len(rows)))
    await tx.execute(_NUMBER, positions, numbers, prevs, hashes)
    return len(rows)
