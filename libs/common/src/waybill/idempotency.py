"""Answers kept under Idempotency-Keys, so that a request sent again is not done again.

    claim ──> OURS ──> the work ──> keep ──> commit
          ├─> a StoredAnswer: the first request was done; answer the same
          ├─> IN_USE: the first request is still running
          └─> REUSED: the key belongs to a request with other input

Claiming takes an advisory lock until the transaction ends, so a crash or a rollback frees the key
with everything else. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import chain
from typing import Final

from waybill.database import Transaction

RETENTION: Final = timedelta(days=7)
"""Longer than any client of ours keeps trying, and than a weekend without operators."""

# One round trip for lock and look-up. The snapshot is taken before the lock: a first request that
# commits in between is not seen here, but makes KEEP below insert nothing.
_CLAIM: Final = """
    SELECT pg_try_advisory_xact_lock($1) AS locked, kept.fingerprint, status, headers, body
    FROM (VALUES (1)) AS always
    LEFT JOIN idempotency_keys AS kept ON principal = $2 AND operation = $3 AND key = $4
"""
_KEEP: Final = """
    INSERT INTO idempotency_keys (principal, operation, key, fingerprint, status, headers, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING
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


class Claim(Enum):
    """What came of asking for a key, when no answer is stored."""

    OURS = auto()
    IN_USE = auto()
    REUSED = auto()


async def claim(tx: Transaction, request: KeyedRequest) -> Claim | StoredAnswer:
    """Take the key for the length of the transaction, or find out why not. One round trip."""
    row = await tx.fetchrow(_CLAIM, request.lock, request.principal, request.operation, request.key)
    if row is None:
        raise AssertionError("a VALUES row is always there")
    if row["fingerprint"] is None:
        return Claim.OURS if row["locked"] else Claim.IN_USE
    if row["fingerprint"] != request.fingerprint:
        return Claim.REUSED
    return StoredAnswer(row["status"], _paired(row["headers"]), row["body"])


async def keep(tx: Transaction, request: KeyedRequest, answer: StoredAnswer) -> bool:
    """Store the answer with the work it answers. False: another request was first; roll back."""
    tag = await tx.execute(
        _KEEP,
        request.principal,
        request.operation,
        request.key,
        request.fingerprint,
        answer.status,
        list(chain.from_iterable(answer.headers)),
        answer.body,
    )
    return tag == "INSERT 0 1"


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
