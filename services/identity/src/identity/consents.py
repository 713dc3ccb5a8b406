"""SQL of what users have permitted applications."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from waybill.postgres import Connection, Transaction

_FIND: Final = "select scopes from consents where user_id = $1 and client_id = $2"
_ADD: Final = """
    insert into consents (user_id, client_id, scopes, given_at) values ($1, $2, $3, $4)
    on conflict (user_id, client_id) do update
    set scopes = array(select distinct unnest(consents.scopes || excluded.scopes) order by 1),
        given_at = excluded.given_at
"""


async def permitted_scopes(connection: Connection, user_id: UUID, client_id: str) -> frozenset[str]:
    """Return what a user has permitted a client."""
    return frozenset(await connection.fetchval(_FIND, user_id, client_id) or ())


async def add_consent(
    tx: Transaction, user_id: UUID, client_id: str, scopes: Collection[str], now: datetime
) -> None:
    """Permit a client these scopes too."""
    await tx.execute(_ADD, user_id, client_id, sorted(scopes), now)
