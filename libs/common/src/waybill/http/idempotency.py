"""Stored answers of Idempotency-Keys, so that a retried request is not executed again.

    claim ──> OURS ──> the work ──> store ──> commit
          ├─> a StoredAnswer: the first request was executed; return its answer
          ├─> IN_USE: the first request is still running
          └─> REUSED: the key was used for a request with other input

A claim takes an advisory lock until the transaction ends, so a crash or a rollback frees the key. A
check takes no lock: of two requests that check at the same time, the second one fails to store its
answer, and is rolled back.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
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
"""Longer than any client retries, and than a weekend without operators."""

# One round trip for locks and reads. The snapshot is taken before the locks: a first request that
# commits in between is not seen here, but makes _STORE below fail.
_CLAIM: Final = """
    SELECT pg_try_advisory_xact_lock(requested.lock) AS locked,
        stored.fingerprint, status, headers, body
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
        WITH ORDINALITY AS requested (lock, principal, operation, key, number)
    LEFT JOIN idempotency_keys AS stored USING (principal, operation, key)
    ORDER BY requested.number
"""
_DELETE: Final = """
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
    """A request under a key; `fingerprint` is equal for requests with equal input."""

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
    """A success answer as it was sent."""

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

_CHECK: Final = _KEYS.statement("""
    SELECT stored.fingerprint, status, headers, body
    FROM {rows} WITH ORDINALITY AS requested ({columns}, number)
    LEFT JOIN idempotency_keys AS stored USING ({columns})
    ORDER BY requested.number
""")
# An array cannot hold arrays of different lengths, so headers are passed as lines: no header
# contains a line break.
_STORE: Final = _ANSWERED.write("""
    INSERT INTO idempotency_keys (principal, operation, key, fingerprint, status, headers, body)
    SELECT principal, operation, key, fingerprint, status, string_to_array(headers, E'\n'), body
    FROM {rows} AS answered ({columns})
    ORDER BY principal, operation, key
""")


class Claim(Enum):
    """The result of a claim, when no answer is stored."""

    OURS = auto()
    IN_USE = auto()
    REUSED = auto()


async def claim(tx: Transaction, request: KeyedRequest) -> Claim | StoredAnswer:
    """Claim a key until the end of the transaction, or return why that is not possible."""
    [row] = await tx.fetch(
        _CLAIM, [request.lock], [request.principal], [request.operation], [request.key]
    )
    return _claim(request, row, is_free=row["locked"])


async def check(tx: Transaction, requests: Sequence[KeyedRequest]) -> list[Claim | StoredAnswer]:
    """Check which keys were used before. Of two equal ones in `requests`, the first is ours."""
    rows = await tx.fetch_outside(_CHECK, *_KEYS.arrays(requests))
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


async def store(tx: Transaction, answers: Sequence[tuple[KeyedRequest, StoredAnswer]]) -> None:
    """Store answers in the transaction of their requests.

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
    await tx.enqueue(*_STORE.bind(rows), claims="idempotency_keys_pkey")


def _paired(flat: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def delete_after(
    retention: timedelta = RETENTION,
) -> Callable[[Transaction, datetime, int], Awaitable[int]]:
    """Return the `take` of a Timer that deletes answers older than `retention`."""

    async def take(tx: Transaction, now: datetime, count: int) -> int:
        tag = await tx.execute(_DELETE, now - retention, count)
        return int(tag.removeprefix("DELETE "))

    return take
