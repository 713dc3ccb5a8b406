"""Limits guessing: a few attempts a minute for each account, and for each address of a client.

An attempt counts before it is checked, so many at once get no more guesses than one after another.
A success is forgotten. Sessions that exist are not touched: nobody can lock a user out.
"""

from datetime import datetime, timedelta
from typing import Final

from identity.metrics import ATTEMPTS
from identity.vault import Vault
from waybill.postgres import Transaction

ATTEMPTS_MAX: Final = 5
WINDOW: Final = timedelta(minutes=1)

# Attempts on the same subject wait for one another, in one order, so that each sees the others.
_LOCK: Final = """
    select pg_advisory_xact_lock(key)
    from (
        select distinct ('x' || encode(substr(subject, 1, 8), 'hex'))::bit(64)::bigint as key
        from unnest($1::bytea[]) as subject order by key
    ) keys
"""
_COUNT: Final = """
    select coalesce(max(attempts), 0) from (
        select count(*) as attempts from login_failures
        where subject = any($1::bytea[]) and failed_at > $2 group by subject
    ) counts
"""
_ADD: Final = """
    insert into login_failures (subject, failed_at) select unnest($1::bytea[]), $2
"""
_FORGET: Final = """
    delete from login_failures
    where ctid in (
        select max(ctid) from login_failures
        where subject = any($1::bytea[]) and failed_at = $2 group by subject
    )
"""
_DELETE: Final = """
    delete from login_failures where ctid in (
        select ctid from login_failures where failed_at < $1 limit $2 for update skip locked
    )
"""


class Attempts:
    """The attempts of one kind, such as logins."""

    def __init__(self, vault: Vault, kind: str) -> None:
        self._vault = vault
        self._kind = kind

    def subjects(self, account: str, address: str | None = None) -> list[bytes]:
        """Return what an attempt counts for; neither account nor address can be read from it."""
        texts = [f"account|{account.strip().casefold()}"]
        if address is not None:
            texts.append(f"address|{address}")
        return [self._vault.index(self._kind, text) for text in texts]

    async def begin(self, tx: Transaction, subjects: list[bytes], now: datetime) -> bool:
        """Count an attempt; return False, and count nothing, when there were too many."""
        await tx.execute(_LOCK, subjects)
        if await tx.fetchval(_COUNT, subjects, now - WINDOW) >= ATTEMPTS_MAX:
            ATTEMPTS.labels(self._kind, "refused").inc()
            return False
        ATTEMPTS.labels(self._kind, "admitted").inc()
        await tx.execute(_ADD, subjects, now)
        return True

    async def succeed(self, tx: Transaction, subjects: list[bytes], began: datetime) -> None:
        """Forget an attempt that was right."""
        ATTEMPTS.labels(self._kind, "succeeded").inc()
        await tx.execute(_FORGET, subjects, began)


async def delete_old(tx: Transaction, now: datetime, limit: int) -> int:
    """Delete up to `limit` attempts that no longer count; return how many."""
    return int((await tx.execute(_DELETE, now - WINDOW, limit)).split()[-1])
