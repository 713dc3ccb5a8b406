"""Who may call identity: the bearers of its own tokens, checked with its own keys and sessions."""

from uuid import UUID

from typing_extensions import override

from identity import sessions
from identity.token_signing import TokenSigner
from waybill.clock import Clock
from waybill.http.access import Access, Principal, unknown_token
from waybill.http.tokens import TokenAccess
from waybill.postgres import Database


class OwnAccess(Access):
    """Accepts tokens of this issuer, without asking itself over HTTP."""

    def __init__(
        self, database: Database, signer: TokenSigner, clock: Clock, *, audience: str
    ) -> None:
        self._database = database
        self._ring = signer.ring
        self._tokens = TokenAccess(signer.ring, signer.issuer, audience, clock)

    @override
    async def identify(self, authorization: str | None) -> Principal:
        await self._ring.refresh()  # a key may be revoked
        principal = await self._tokens.identify(authorization)
        sid = principal.claims.get("sid")
        if sid is not None:
            async with self._database.connection() as connection:
                if await sessions.is_denied(connection, UUID(sid)):
                    raise unknown_token()
        return principal
