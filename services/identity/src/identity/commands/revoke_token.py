"""Revoke a refresh token, with all tokens of its authorization (RFC 7009)."""

from datetime import datetime

from identity import families
from identity.domain import Client
from waybill.postgres import Transaction


async def revoke_token(tx: Transaction, client: Client, token: str, *, now: datetime) -> None:
    """Revoke the family of a token of this client. Any other token is ignored: it is not valid."""
    family = await families.lock_family_of(tx, token)
    if family is not None and family.client_id == client.client_id:
        await families.revoke_family(tx, family.family_id, "revoked by its client", now)
