"""Issue the code that a browser brings to a client."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from identity.codes import Code, insert_code
from identity.domain import CODE_LIFETIME
from identity.opaque_tokens import new_token
from waybill.postgres import Transaction


async def issue_code(
    tx: Transaction,
    *,
    client_id: str,
    session_id: UUID,
    redirect_uri: str,
    scopes: Collection[str],
    challenge: str,
    nonce: str | None,
    now: datetime,
) -> str:
    """Return a code for what the user of the session has permitted.

    `redirect_uri` is as the client sent it; `challenge` is PKCE's, by S256.
    """
    text = new_token()
    code = Code(
        client_id=client_id,
        session_id=session_id,
        redirect_uri=redirect_uri,
        scopes=scopes,
        challenge=challenge,
        nonce=nonce,
        expires_at=now + CODE_LIFETIME,
    )
    await insert_code(tx, text, code)
    return text
