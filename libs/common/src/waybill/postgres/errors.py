"""Database errors that callers handle.

    DatabaseUnavailableError    the server cannot be reached, or no connection is free in time
    ConcurrencyConflictError    a concurrent transaction changed what this one relies on

All other errors (constraint violations, deadlocks) are raised as asyncpg raises them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    RawConnection: TypeAlias = (
        asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    )

_UNAVAILABLE: Final = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # a full disk, no memory, too many connections
    asyncpg.IdleInTransactionSessionTimeoutError,
    # asyncpg raises this when the server dies in the middle of an exchange.
    asyncpg.InternalClientError,
)


class DatabaseUnavailableError(Exception):
    """The database cannot be reached or used now.

    Raised when no connection is available in time, and when a connection is lost in use. When a
    commit raises it, the transaction may or may not have been committed. Retry only under an
    idempotency key or an inbox row.
    """


class ConcurrencyConflictError(Exception):
    """A concurrent transaction changed or inserted what this transaction relies on.

    The transaction was rolled back. A retry sees the changes of the concurrent transaction.
    """


@contextmanager
def unavailability(raw: "RawConnection | None" = None) -> Iterator[None]:
    """Raise DatabaseUnavailableError for each error that means the server or connection is lost."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise DatabaseUnavailableError(f"{type(error).__name__}: {error}") from error
    except asyncpg.InterfaceError as error:
        # asyncpg raises this type both for a closed connection and for wrong use of its API.
        if raw is not None and not is_closed(raw):
            raise
        raise DatabaseUnavailableError(str(error)) from error


def is_closed(raw: "RawConnection") -> bool:
    """Return whether a connection is known to be lost."""
    try:
        return raw.is_closed()
    except asyncpg.InterfaceError:  # the pool has already released a lost connection
        return True
