"""SQL of clients, and how they authenticate."""

from datetime import datetime
from typing import Final

from identity.domain import Client
from identity.opaque_tokens import digest
from waybill.http import Credentials
from waybill.http.problems import MalformedRequest, ProblemError, Unauthenticated
from waybill.postgres import Connection, Transaction

_FIND: Final = """
    select client_id, service_id, name, secret_digest, redirect_uris, scopes, grants
    from clients where client_id = $1 and removed_at is null
"""
_WRITE: Final = """
    insert into clients (client_id, service_id, name, secret_digest, redirect_uris, scopes, grants,
        created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (client_id) do update set secret_digest = excluded.secret_digest,
        redirect_uris = excluded.redirect_uris, scopes = excluded.scopes, grants = excluded.grants
    where clients.created_by is null
"""
_REMOVE: Final = """
    update clients set removed_at = $2 where client_id = $1 and removed_at is null
"""


async def find_client(connection: Connection, client_id: str) -> Client | None:
    """Return a client that was not removed."""
    row = await connection.fetchrow(_FIND, client_id)
    if row is None:
        return None
    return Client(
        client_id=row["client_id"],
        service_id=row["service_id"],
        name=row["name"],
        secret_digest=row["secret_digest"],
        redirect_uris=tuple(row["redirect_uris"]),
        scopes=frozenset(row["scopes"]),
        grants=frozenset(row["grants"]),
    )


async def write_client(
    tx: Transaction, client: Client, *, created_by: str | None, now: datetime
) -> None:
    """Insert a client; one of the deployment itself (`created_by` None) is updated."""
    await tx.execute(
        _WRITE,
        client.client_id,
        client.service_id,
        client.name,
        client.secret_digest,
        list(client.redirect_uris),
        sorted(client.scopes),
        sorted(client.grants),
        created_by,
        now,
    )


async def remove_client(tx: Transaction, client_id: str, now: datetime) -> bool:
    """Remove a client; return False when there is none."""
    return await tx.execute(_REMOVE, client_id, now) == "UPDATE 1"


async def authenticate(
    connection: Connection,
    credentials: Credentials | None,
    client_id: str | None,
    client_secret: str | None,
) -> Client:
    """Return the client of a request: by HTTP Basic, or by the fields of its form, not by both.

    A public client has no secret and only names itself. Raises ProblemError.
    """
    if credentials is not None:
        if client_secret is not None or client_id not in (None, credentials.name):
            detail = "Send the client's credentials by HTTP Basic or in the body, not by both."
            raise ProblemError(MalformedRequest(detail=detail))
        client_id, client_secret = credentials.name, credentials.secret
    client = None if client_id is None else await find_client(connection, client_id)
    if client is None or not _proves(client, client_secret):
        raise ProblemError(
            Unauthenticated(detail="The client is not known, or its secret is wrong.")
        )
    return client


def _proves(client: Client, secret: str | None) -> bool:
    if client.is_public:
        return secret is None
    return secret is not None and client.knows(digest(secret))
