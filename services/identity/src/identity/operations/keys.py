"""API keys: created, listed, revoked, and exchanged for tokens."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import MISSING

from identity import api_keys, users
from identity.api_keys import KeyRow
from identity.commands.exchange_api_key import exchange_api_key
from identity.commands.revoke_api_keys import revoke_api_key
from identity.contract import api, models
from identity.contract.problems import ApiKeyNotFound, ScopeNotHeld, UserNotFound
from identity.domain import Grant
from identity.parts import Operations
from identity.token_signing import TOKEN_LIFETIME
from waybill.api_keys import new_api_key
from waybill.http import Call, Owner
from waybill.http.pages import Cursor, split_page
from waybill.ids import uuid7
from waybill.postgres import Transaction
from waybill.security_log import record

_KEYS: Final = Cursor(UUID)
NO_STORE: Final = "no-store"


class ApiKeyOperations(Operations):
    """The operations of API keys."""

    async def create_api_key(self, call: Call, body: models.CreateApiKey) -> api.CreateApiKeyResult:
        """Create a key for a user, with scopes that the caller has."""
        lacking = [scope for scope in body.scopes if scope not in call.principal.scopes]
        if lacking:
            detail = f"The caller lacks the scope {lacking[0]}, so it cannot give it to a key."
            return ScopeNotHeld(detail=detail, scope=lacking[0])
        now = self._clock.now()
        row = KeyRow(
            key_id=uuid7(),
            user_id=body.user_id,
            name=body.name,
            scopes=frozenset(body.scopes),
            created_at=now,
            expires_at=now + timedelta(days=body.expires_in_days),
        )
        key = new_api_key(row.key_id)

        async def run(tx: Transaction) -> api.CreateApiKeyResult:
            user = await users.lock_user(tx, body.user_id)
            if user is None or user.status != "active":
                return UserNotFound(detail=f"There is no active user {body.user_id}.")
            await api_keys.insert_key(tx, key, row)
            detail = {"user_id": str(row.user_id), "scopes": " ".join(sorted(row.scopes))}
            await record(tx, "api-key.created", target=str(row.key_id), detail=detail)
            created = models.CreatedApiKey(
                key_id=row.key_id,
                user_id=row.user_id,
                api_key=key.text,
                expires_at=row.expires_at,
            )
            return api.CreateApiKey201(body=created, location=f"/v1/api-keys/{row.key_id}")

        return await call.transact(self._database, run)

    async def list_api_keys(
        self, _call: Call, *, user_id: UUID | None, cursor: str | None, limit: int
    ) -> api.ListApiKeysResult:
        """Return a page of keys, without their secrets."""
        before = _KEYS.decode(cursor)
        async with self._database.connection() as connection:
            found = await api_keys.list_keys(connection, user_id, before, limit + 1)
        page, last = split_page(found, limit)
        return api.ListApiKeys200(
            body=models.ApiKeyPage(
                items=[_api_key(row) for row in page],
                next_cursor=_KEYS.encode(last.key_id) if last else None,
            )
        )

    async def revoke_api_key(
        self, call: Call, *, owner: Owner, key_id: UUID
    ) -> api.RevokeApiKeyResult:
        """Revoke a key of the caller, or of anybody."""
        user_id = user_of(owner)

        async def run(tx: Transaction) -> api.RevokeApiKeyResult:
            revoked_of = await revoke_api_key(tx, key_id, user_id, now=self._clock.now())
            if revoked_of is None:
                return ApiKeyNotFound(detail=f"There is no API key {key_id}.")
            return api.RevokeApiKey200(body=models.RevokedApiKey(key_id=key_id, user_id=revoked_of))

        return await call.transact(self._database, run)

    async def exchange_api_key(
        self, _call: Call, body: models.ExchangeApiKey
    ) -> api.ExchangeApiKeyResult:
        """Return an access token for a key."""
        async with self._database.connection() as connection:
            grant = await exchange_api_key(connection, body.api_key, now=self._clock.now())
        if not isinstance(grant, Grant):
            return grant
        token = await self._signer.access_token(grant.subject, grant.client_id, grant.scopes)
        return api.ExchangeApiKey200(
            body=models.ApiKeyToken(
                access_token=token,
                token_type="Bearer",  # noqa: S106 (a kind, no secret)
                expires_in=int(TOKEN_LIFETIME.total_seconds()),
                scope=" ".join(sorted(grant.scopes)),
            ),
            cache_control=NO_STORE,
        )


def user_of(owner: Owner) -> UUID | None:
    """Return the only user whose resources a caller reaches; None for everybody's."""
    return None if owner.ref is None else UUID(owner.ref)


def _api_key(row: KeyRow) -> models.ApiKey:
    return models.ApiKey(
        key_id=row.key_id,
        user_id=row.user_id,
        name=row.name,
        scopes=sorted(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_on=MISSING if row.last_used_on is None else row.last_used_on,
    )
