"""A connection to PostgreSQL: the statements of asyncpg, with the errors of this package."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import asyncpg

from waybill.postgres.errors import (
    FAILURES,
    DatabaseUnavailableError,
    raise_if_unavailable,
    unavailability,
)

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

# Statements take milliseconds. Only a lock that is never released, or a server that does not
# respond any more, takes this long.
COMMAND_TIMEOUT_SECONDS: Final = 30.0
CONNECT_TIMEOUT_SECONDS: Final = 5.0
CLOSE_TIMEOUT_SECONDS: Final = 1.0  # for a clean shutdown; after it the socket is dropped

SERVER_SETTINGS: Final = {
    # Compiling costs more than it saves on statements of a few milliseconds.
    "jit": "off",
    # A process that froze inside a transaction must not hold its row locks indefinitely.
    "idle_in_transaction_session_timeout": "60s",
    # The server detects a lost peer in about 25 s (over TCP) instead of two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class Connection:
    """One connection. Its methods raise DatabaseUnavailableError when the connection is lost."""

    __slots__ = ("_raw", "statements")

    def __init__(self, raw: "RawConnection") -> None:
        self._raw = raw
        self.statements = 0
        """Statements sent so far: each is a round trip."""

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Return all rows of a statement."""
        self.statements += 1
        try:
            return await self._raw.fetch(sql, *arguments)
        except FAILURES as error:
            raise_if_unavailable(error, self._raw)
            raise

    async def fetchrow(self, sql: str, *arguments: object) -> asyncpg.Record | None:
        """Return the first row of a statement, or None."""
        self.statements += 1
        try:
            return await self._raw.fetchrow(sql, *arguments)
        except FAILURES as error:
            raise_if_unavailable(error, self._raw)
            raise

    async def fetchval(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 (as asyncpg)
        """Return the first column of the first row, or None."""
        self.statements += 1
        try:
            return await self._raw.fetchval(sql, *arguments)
        except FAILURES as error:
            raise_if_unavailable(error, self._raw)
            raise

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement; returns its command tag, such as "UPDATE 3"."""
        self.statements += 1
        try:
            return await self._raw.execute(sql, *arguments)
        except FAILURES as error:
            raise_if_unavailable(error, self._raw)
            raise

    def check(self) -> None:
        """Raise DatabaseUnavailableError when the connection is known to be lost."""
        if self._raw.is_closed():
            raise DatabaseUnavailableError("the connection to the database is lost")

    async def listen(self, channel: str, on_notify: Callable[[], None]) -> None:
        """Call `on_notify` at each NOTIFY on the channel until this connection is closed."""
        try:
            await self._raw.add_listener(channel, lambda *_: on_notify())
        except FAILURES as error:
            raise_if_unavailable(error, self._raw)
            raise

    def end(self) -> None:
        """End the use of the connection, which goes to others. For the code that opened it."""
        self._raw = _ENDED


@asynccontextmanager
async def connect(
    url: str, *, name: str, command_timeout_seconds: float | None = COMMAND_TIMEOUT_SECONDS
) -> AsyncIterator[Connection]:
    """Open a connection outside any pool: for session locks, LISTEN and migrations.

    Closing it ends its open transaction, locks and LISTEN. Raises DatabaseUnavailableError.
    """
    with unavailability():
        raw = await open_raw(url, name, command_timeout_seconds)
    try:
        yield Connection(raw)
    finally:
        await close(raw)


async def open_raw(
    url: str,
    name: str,
    command_timeout_seconds: float | None = COMMAND_TIMEOUT_SECONDS,
    *,
    is_pooled: bool = False,
) -> "RawConnection":
    """Open a connection of asyncpg, which its user closes. Raises asyncpg's errors.

    A pooler refuses settings of a session, so it gets none.
    """
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=command_timeout_seconds,
        server_settings={**({} if is_pooled else SERVER_SETTINGS), "application_name": name},
    )


async def close(raw: "RawConnection", timeout_seconds: float = CLOSE_TIMEOUT_SECONDS) -> None:
    """Cancel what a connection does, and close it; after the timeout its socket is dropped."""
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await raw.close(timeout=timeout_seconds)


class _Ended:
    """Stands for a connection that was returned: another user may have it now."""

    def is_closed(self) -> bool:
        return False

    def __getattr__(self, name: str) -> NoReturn:
        raise asyncpg.InterfaceError(f"{name}: used after the end of the transaction or connection")


_ENDED: Final = cast("RawConnection", _Ended())
