"""Answers kept under Idempotency-Keys, so that a request sent again is not done again.

    claim ──> OURS ──> the work ──> keep ──> commit
          ├─> a StoredAnswer: the first request was done; answer the same
          ├─> IN_USE: the first request is still running
          └─> REUSED: the key belongs to a request with other input

Claiming takes an advisory lock until the transaction ends, so a crash or a rollback frees the key
with everything else. Looking takes none: of two requests that look at the same time, the second one
cannot keep its answer, and is undone with all that it did. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import chain
from typing import Final, NamedTuple

import asyncpg

from waybill.postgres import Transaction
from waybill.postgres.rows import Rows

RETENTION: Final = timedelta(days=7)
"""Longer than any client of ours keeps trying, and than a weekend without operators."""

# One round trip for locks and look-ups. The snapshot is taken before the locks: a first request
# that commits in between is not seen here, but makes KEEP below fail.
_CLAIM: Final = """
    SELECT pg_try_advisory_xact_lock(asked.lock) AS locked, kept.fingerprint, status, headers, body
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
        WITH ORDINALITY AS asked (lock, principal, operation, key, number)
    LEFT JOIN idempotency_keys AS kept USING (principal, operation, key)
    ORDER BY asked.number
"""
_FORGET: Final = """
    DELETE FROM idempotency_keys
    WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM idempotency_keys
        WHERE created_at < $1
        ORDER BY created_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    ))
"""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request under a key; `fingerprint` is equal for requests that ask for the same."""

    principal: str
    operation: str
    key: str
    fingerprint: bytes

    @property
    def lock(self) -> int:
        """The advisory lock of the key: 64 bits of a hash, so two keys in 2**64 share one."""
        name = "\0".join((self.principal, self.operation, self.key)).encode()
        return int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A success answer as it left."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _AnswerRow(NamedTuple):
    principal: str
    operation: str
    key: str
    fingerprint: bytes
    status: int
    headers: str
    body: bytes


_KEYS: Final = Rows(KeyedRequest, leave_out=["fingerprint"])
_ANSWERED: Final = Rows(_AnswerRow)

_LOOK: Final = _KEYS.statement("""
    SELECT kept.fingerprint, status, headers, body
    FROM {rows} WITH ORDINALITY AS asked ({columns}, number)
    LEFT JOIN idempotency_keys AS kept USING ({columns})
    ORDER BY asked.number
""")
# An array cannot have arrays of many lengths, so headers come as lines: no header holds a line end.
_KEEP: Final = _ANSWERED.statement("""
    INSERT INTO idempotency_keys (principal, operation, key, fingerprint, status, headers, body)
    SELECT principal, operation, key, fingerprint, status, string_to_array(headers, E'\n'), body
    FROM {rows} AS answered ({columns})
    ORDER BY principal, operation, key
""")


class Claim(Enum):
    """What came of asking for a key, when no answer is stored."""

    OURS = auto()
    IN_USE = auto()
    REUSED = auto()


async def claim(tx: Transaction, request: KeyedRequest) -> Claim | StoredAnswer:
    """Take a key for the length of the transaction, or find out why not."""
    [row] = await tx.fetch(
        _CLAIM, [request.lock], [request.principal], [request.operation], [request.key]
    )
    return _claim(request, row, is_free=row["locked"])


async def look(tx: Transaction, requests: Sequence[KeyedRequest]) -> list[Claim | StoredAnswer]:
    """Find out whose keys were used before. Of two equal ones here, the first is ours."""
    rows = await tx.fetch_outside(_LOOK, *_KEYS.arrays(requests))
    claims: list[Claim | StoredAnswer] = []
    seen: set[tuple[str, str, str]] = set()
    for request, row in zip(requests, rows, strict=True):
        name = (request.principal, request.operation, request.key)
        claims.append(_claim(request, row, is_free=name not in seen))
        seen.add(name)
    return claims


def _claim(request: KeyedRequest, row: asyncpg.Record, *, is_free: bool) -> Claim | StoredAnswer:
    if row["fingerprint"] is None:
        return Claim.OURS if is_free else Claim.IN_USE
    if row["fingerprint"] != request.fingerprint:
        return Claim.REUSED
    return StoredAnswer(row["status"], _paired(row["headers"]), row["body"])


async def keep(tx: Transaction, answers: Sequence[tuple[KeyedRequest, StoredAnswer]]) -> None:
    """Store answers in the transaction of the work they answer.

    Raises ConcurrencyConflictError when another transaction has used one of the keys.
    """
    rows = [
        _AnswerRow(
            principal=request.principal,
            operation=request.operation,
            key=request.key,
            fingerprint=request.fingerprint,
            status=answer.status,
            headers="\n".join(chain.from_iterable(answer.headers)),
            body=answer.body,
        )
        for request, answer in answers
    ]
    await tx.enqueue(_KEEP, *_ANSWERED.arrays(rows), claims="idempotency_keys_pkey")


def _paired(flat: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def forget_after(
    retention: timedelta = RETENTION,
) -> Callable[[Transaction, datetime, int], Awaitable[int]]:
    """Make the `take` of a Timer that deletes answers older than `retention`."""

    async def take(tx: Transaction, now: datetime, count: int) -> int:
        tag = await tx.execute(_FORGET, now - retention, count)
        return int(tag.removeprefix("DELETE "))

    return take
