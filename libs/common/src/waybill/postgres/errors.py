"""Database errors that callers handle.

    DatabaseUnavailableError    the server cannot be reached, is busy, or cannot write
    └── DatabaseRefusedError    it does not accept us, or we do not trust it: a setting is wrong
        └── SchemaRefusedError  its tables are those of another version
    ConcurrencyConflictError    a concurrent transaction changed what this one relies on

All other errors (constraint violations, deadlocks) are raised as asyncpg raises them.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from waybill.tls import trust_reason

if TYPE_CHECKING:
    RawConnection: TypeAlias = asyncpg.Connection[asyncpg.Record]

FAILURES: Final = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # a full disk, no memory, too many connections
    asyncpg.PostgresIOError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, for example after a failover
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,  # includes InvalidPasswordError
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidSQLStatementNameError,  # an old pooler, see _refusal
    asyncpg.DuplicatePreparedStatementError,
    # asyncpg raises this when the server dies in the middle of an exchange.
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,  # not always: see raise_if_unavailable
)
"""The errors that may mean that the server or the connection cannot be used."""

_REASONS: Final[Mapping[type[Exception], str]] = {
    asyncpg.DiskFullError: "The database has no disk space left",
    asyncpg.TooManyConnectionsError: "The database accepts no more connections",
    asyncpg.InsufficientResourcesError: "The database lacks memory or other resources",
    asyncpg.PostgresIOError: "The database cannot read or write its files",
    asyncpg.ReadOnlySQLTransactionError: "The database is read-only",
    TimeoutError: "The database is busy or does not answer",
}
_CONNECTION_FAILED: Final = "The connection to the database failed"


class DatabaseUnavailableError(Exception):
    """The database cannot be reached or used now.

    Raised when no connection is available in time, and when a connection is lost in use. When a
    commit raises it, the transaction may or may not have been committed. Retry only under an
    idempotency key or an inbox row.
    """

    def __init__(self, message: str, reason: str = _CONNECTION_FAILED) -> None:
        """Use a message for the log, and a reason for everyone: it reveals no name or address."""
        super().__init__(message)
        self.reason: Final = reason


class DatabaseRefusedError(DatabaseUnavailableError):
    """The database does not accept this user, or its certificate is not trusted.

    The message names the setting, without its value.
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}: check WAYBILL_DATABASE_URL", "WAYBILL_DATABASE_URL is refused by the database"
        )


class SchemaRefusedError(DatabaseRefusedError):
    """The schema does not go with this version of the code; the message says what to do first."""

    def __init__(self, why: str) -> None:
        DatabaseUnavailableError.__init__(
            self, why, "The database does not go with this version of the service"
        )


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
    """Raise DatabaseUnavailableError if an error means that the server cannot be used now.

    A connection to a read-only server is closed: the next one may lead to another server.
    """
    # asyncpg raises InterfaceError both for a closed connection and for wrong use of its API.
    if isinstance(error, asyncpg.ClientConfigurationError):
        raise DatabaseRefusedError(str(error).rstrip(".")) from error
    if isinstance(error, asyncpg.InterfaceError):
        if raw is None or raw.is_closed():
            raise DatabaseUnavailableError(str(error)) from error
    elif isinstance(error, FAILURES):
        if why := _refusal(error):
            raise DatabaseRefusedError(why) from error
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError) and raw is not None:
            raw.terminate()
        message = f"{type(error).__name__}: {error}"
        raise DatabaseUnavailableError(message, _reason(error)) from error


def _reason(error: Exception) -> str:
    found = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
    return next(found, _CONNECTION_FAILED)


def _refusal(error: BaseException) -> str | None:
    """Say why a setting is wrong, if that is what an error means."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InvalidCatalogNameError():
            return f"The database refuses the connection ({type(error).__name__}: {error})"
        case asyncpg.ProtocolViolationError() if "unsupported startup parameter" in str(error):
            return (
                "The address is that of a pooler: set WAYBILL_DATABASE_DIRECT_URL to that of the "
                "server itself, too"
            )
        case asyncpg.InvalidSQLStatementNameError() | asyncpg.DuplicatePreparedStatementError():
            return (
                "The pooler does not keep prepared statements: it must be PgBouncer 1.21 or newer "
                "with max_prepared_statements"
            )
        case ssl.SSLCertVerificationError():
            return f"The certificate of the database is not trusted ({trust_reason(error)})"
        case ConnectionError() if "rejected SSL upgrade" in str(error):
            return "The database does not use TLS, which sslmode requires"
        case _:
            return None
