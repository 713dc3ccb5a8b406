"""Passwords: Argon2id in threads, and never more work than the machine has time for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from waybill.http.problems import ProblemError, Unavailable
from waybill.postgres import Connection, Transaction

MEMORY_KIB: Final = 19_456
"""19 MiB with two passes, as OWASP recommends: some 35 ms of a processor."""
THREADS: Final = 2
QUEUE_MAX: Final = 16
"""Half a second of work; more requests than that are refused instead of kept waiting."""

_FIND: Final = "select hash from passwords where user_id = $1"
_SET: Final = """
    insert into passwords (user_id, hash, changed_at) values ($1, $2, now())
    on conflict (user_id) do update set hash = excluded.hash, changed_at = excluded.changed_at
"""

Result = TypeVar("Result")


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self, memory_kib: int = MEMORY_KIB) -> None:
        """Use this much memory for each hash; tests need less."""
        self._hasher = PasswordHasher(time_cost=2, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash to store. Raises ProblemError(Unavailable) when too many wait."""
        return await self._run(partial(self._hasher.hash, password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password; None takes as long, and never is.

        Raises ProblemError(Unavailable) when too many wait.
        """
        matches = await self._run(partial(self._verify, stored or self._nobodys, password))
        return matches and stored is not None

    async def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerificationError:
            return False

    async def _run(self, work: "partial[Result]") -> Result:
        if self._waiting >= THREADS + QUEUE_MAX:
            detail = "Too many passwords are being checked; try again later."
            raise ProblemError(Unavailable(detail=detail))
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


async def find_hash(connection: Connection, user_id: UUID) -> str | None:
    """Return the stored hash of a user's password."""
    found: str | None = await connection.fetchval(_FIND, user_id)
    return found


async def set_hash(tx: Transaction, user_id: UUID, hashed: str) -> None:
    """Store the hash of a new password."""
    await tx.execute(_SET, user_id, hashed)
