"""One database and one login role for each service, without access to the others.

These statements take no parameters, so the server quotes names and passwords: format() with %I
(identifier) and %L (literal).
"""

import asyncpg

_ROLE_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
_DATABASE_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
_CREATE_ROLE = "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)"
_SET_PASSWORD = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"  # noqa: S105 - SQL
_CREATE_DATABASE = "SELECT format('CREATE DATABASE %I OWNER %I', $1::text, $2::text)"
_CLOSE_DATABASE = "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $1::text)"
_DROP_DATABASE = "SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', $1::text)"


class Administrator:
    """A superuser's connection. All methods are idempotent: existing objects are kept."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def ensure_role(self, role: str, password: str) -> None:
        """Create a login role, or set the password of the existing one."""
        exists = await self._connection.fetchval(_ROLE_EXISTS, role)
        await self._run(_SET_PASSWORD if exists else _CREATE_ROLE, role, password)

    async def ensure_database(self, database: str, owner: str) -> bool:
        """Create a database that only its owner can connect to; return False when it exists."""
        if await self._connection.fetchval(_DATABASE_EXISTS, database):
            return False
        await self._run(_CREATE_DATABASE, database, owner)
        await self.close_database(database)
        return True

    async def close_database(self, database: str) -> None:
        """Revoke access from everyone except its owner and superusers."""
        await self._run(_CLOSE_DATABASE, database)

    async def drop_database(self, database: str) -> None:
        """Drop a database and end the sessions in it."""
        await self._run(_DROP_DATABASE, database)

    async def _run(self, statement: str, *names: str) -> None:
        await self._connection.execute(await self._connection.fetchval(statement, *names))
