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
    RawConnection: TypeAlias = asyncpg.Connection[asyncpg.Record]

FAILURES: Final = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # a full disk, no memory, too many connections
    asyncpg.IdleInTransactionSessionTimeoutError,
    # asyncpg raises this when the server dies in the middle of an exchange.
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,  # not always: see raise_if_unavailable
)
"""The errors that may mean that the server or the connection is lost."""


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
def unavailability() -> Iterator[None]:
    """Raise DatabaseUnavailableError for each error that means that no connection can be had."""
    try:
        yield
    except FAILURES as error:
        raise_if_unavailable(error)
        raise


def raise_if_unavailable(error: BaseException, raw: "RawConnection | None" = None) -> None:
    """Raise DatabaseUnavailableError if an error means that the server or connection is lost."""
    # asyncpg raises InterfaceError both for a closed connection and for wrong use of its API.
    if isinstance(error, asyncpg.InterfaceError):
        if raw is None or raw.is_closed():
            raise DatabaseUnavailableError(str(error)) from error
    elif isinstance(error, FAILURES):
        raise DatabaseUnavailableError(f"{type(error).__name__}: {error}") from error
