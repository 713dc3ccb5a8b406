"""Exchange an API key for what its token may do."""

from datetime import datetime

from identity import api_keys, users
from identity.contract.problems import InvalidApiKey
from identity.domain import Grant
from identity.token_signing import Subject, user_subject
from waybill.api_keys import PREFIX, read_api_key
from waybill.postgres import Connection


async def exchange_api_key(
    connection: Connection, text: str, *, now: datetime
) -> Grant | InvalidApiKey:
    """Return the grant: scopes of the key that its owner has today. A removed owner has none."""
    key = read_api_key(text)
    row = None if key is None else await api_keys.find_key(connection, key, now)
    user = None if row is None else await users.find_user(connection, row.user_id)
    if row is None or user is None or user.status != "active":
        return InvalidApiKey(detail="The API key is unknown, expired or revoked.")
    await api_keys.mark_used(connection, row.key_id, now.date())
    permitted = await users.scopes_of(connection, row.user_id)
    subject = Subject(
        sub=user_subject(user.user_id),
        user_id=user.user_id,
        customer_ref=user.customer_ref,
        sid=row.key_id,
    )
    return Grant(
        subject=subject,
        client_id=f"{PREFIX}{row.key_id.hex}",
        scopes=frozenset(row.scopes) & permitted,
    )
