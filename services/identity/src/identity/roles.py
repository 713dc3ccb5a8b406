"""SQL of roles: sets of scopes."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from waybill.postgres import Connection, Transaction

_LIST: Final = "select role, scopes from roles order by role"
_FIND: Final = "select role, scopes from roles where role = any($1::text[]) for share"
_PUT: Final = """
    insert into roles (role, scopes) values ($1, $2)
    on conflict (role) do update set scopes = excluded.scopes
"""


@dataclass(frozen=True, slots=True)
class Role:
    """A name for what its members may do."""

    role: str
    scopes: frozenset[str]


async def list_roles(connection: Connection) -> list[Role]:
    """Return all roles."""
    rows = await connection.fetch(_LIST)
    return [Role(row["role"], frozenset(row["scopes"])) for row in rows]


async def lock_roles(tx: Transaction, names: Collection[str]) -> dict[str, Role]:
    """Return these roles, as far as they exist, and keep them from being changed meanwhile."""
    rows = await tx.fetch(_FIND, sorted(names))
    return {row["role"]: Role(row["role"], frozenset(row["scopes"])) for row in rows}


async def put_role(tx: Transaction, role: Role) -> None:
    """Create a role or set its scopes."""
    await tx.execute(_PUT, role.role, sorted(role.scopes))
