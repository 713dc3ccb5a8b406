"""The endpoints of OAuth that clients call by themselves: token, revocation, introspection."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final

import orjson
from pydantic import MISSING

from identity import families
from identity.clients import authenticate
from identity.commands.exchange_code import CodeRequest, exchange_code
from identity.commands.exchange_device_code import exchange_device_code
from identity.commands.grant_service import grant_service
from identity.commands.refresh_token import RefreshRequest, refresh_token
from identity.commands.revoke_token import revoke_token
from identity.contract import api, models
from identity.contract.problems import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    InvalidScope,
    SlowDown,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from identity.domain import OPENID, Client, Grant, GrantType, split_scopes
from identity.metrics import TOKENS
from identity.parts import Operations
from identity.token_signing import TOKEN_LIFETIME
from waybill.http import Call, Credentials
from waybill.http.problems import MalformedRequest, ProblemError, Unauthenticated
from waybill.postgres import Transaction

NO_STORE: Final = "no-store"
EVERYBODYS: Final = "identity:any"

_Refused = (
    AccessDenied | AuthorizationPending | ExpiredToken | InvalidGrant | InvalidScope | SlowDown
)
_Refusal = _Refused | UnauthorizedClient | UnsupportedGrantType


class TokenOperations(Operations):
    """The operations of tokens."""

    async def issue_token(
        self, _call: Call, body: models.TokenRequest, *, credentials: Credentials | None
    ) -> api.IssueTokenResult:
        """Return tokens for a grant."""
        client = await self._client(body, credentials)
        try:
            grant_type = GrantType(body.grant_type)
        except ValueError:
            supported = ", ".join(GrantType)
            return UnsupportedGrantType(detail=f"The supported grant types are {supported}.")
        if grant_type not in client.grants or (
            client.is_public and grant_type is GrantType.CLIENT_CREDENTIALS
        ):
            return UnauthorizedClient(detail=f"The client may not use {grant_type}.")
        granted = await self._grant(client, grant_type, body)
        if not isinstance(granted, Grant):
            return granted
        TOKENS.labels(grant_type).inc()
        return api.IssueToken200(body=await self._tokens(granted), cache_control=NO_STORE)

    async def revoke_token(
        self, _call: Call, body: models.TokenHint, *, credentials: Credentials | None
    ) -> api.RevokeTokenResult:
        """Revoke what a refresh token belongs to."""
        client = await self._client(body, credentials)

        async def run(tx: Transaction) -> None:
            await revoke_token(tx, client, body.token, now=self._clock.now())

        await self._database.run(run)
        return api.RevokeToken200(body=models.Revoked())

    async def introspect_token(
        self, _call: Call, body: models.TokenHint, *, credentials: Credentials | None
    ) -> api.IntrospectTokenResult:
        """Say whether a token is valid, to the client that it was issued to."""
        client = await self._client(body, credentials)
        if client.is_public:
            detail = "Only clients with a secret may introspect tokens."
            raise ProblemError(Unauthenticated(detail=detail))
        found = await self._read(body.token)
        if found is None or not (found.client_id == client.client_id or _sees_all(client)):
            found = _introspection(None)
        return api.IntrospectToken200(body=found, cache_control=NO_STORE)

    async def _client(
        self, body: models.TokenRequest | models.TokenHint, credentials: Credentials | None
    ) -> Client:
        async with self._database.connection() as connection:
            return await authenticate(
                connection, credentials, _text(body.client_id), _text(body.client_secret)
            )

    async def _grant(
        self, client: Client, grant_type: GrantType, body: models.TokenRequest
    ) -> Grant | _Refusal:
        scope = _text(body.scope)
        scopes = None if scope is None else split_scopes(scope)
        now = self._clock.now()
        if grant_type is GrantType.CLIENT_CREDENTIALS:
            return grant_service(client, scopes)

        async def run(tx: Transaction) -> Grant | _Refused:
            if grant_type is GrantType.DEVICE_CODE:
                device_code = _need(body.device_code, "device_code")
                return await exchange_device_code(tx, client, device_code, now=now)
            if grant_type is GrantType.REFRESH_TOKEN:
                request = RefreshRequest(_need(body.refresh_token, "refresh_token"), scopes)
                return await refresh_token(tx, client, request, now=now)
            code = CodeRequest(
                _need(body.code, "code"),
                _need(body.redirect_uri, "redirect_uri"),
                _need(body.code_verifier, "code_verifier"),
            )
            return await exchange_code(tx, client, code, now=now)

        # Not `transact`: a refusal commits too, because it may have revoked what was stolen.
        return await self._database.run(run)

    async def _tokens(self, grant: Grant) -> models.Tokens:
        signer = self._signer
        access = await signer.access_token(grant.subject, grant.client_id, grant.scopes)
        id_token: str | None = None
        if OPENID in grant.scopes and grant.subject.user_id is not None:
            id_token = await signer.id_token(grant.subject, grant.client_id, grant.nonce)
        return models.Tokens(
            access_token=access,
            token_type="Bearer",  # noqa: S106 (a kind, no secret)
            expires_in=int(TOKEN_LIFETIME.total_seconds()),
            scope=" ".join(sorted(grant.scopes)),
            refresh_token=MISSING if grant.refresh_token is None else grant.refresh_token,
            id_token=MISSING if id_token is None else id_token,
        )

    async def _read(self, token: str) -> models.Introspection | None:
        """Return what a valid token says; None for any other."""
        if token.count(".") == 2:
            try:
                await self._tokens_access.identify(f"Bearer {token}")
            except ProblemError:
                return None
            return _introspection(_claims(token))
        async with self._database.connection() as connection:
            family = await families.find_family_of(connection, token)
        if family is None or family.revoked_at or family.expires_at <= self._clock.now():
            return None
        return _introspection(
            {
                "client_id": family.client_id,
                "scope": " ".join(sorted(family.scopes)),
                "exp": int(family.expires_at.timestamp()),
                "sid": str(family.session_id),
            }
        )


def _introspection(claims: Mapping[str, Any] | None) -> models.Introspection:
    """Return what a token says; None: it is not valid."""
    said = {} if claims is None else claims
    return models.Introspection(
        active=claims is not None,
        iss=said.get("iss", MISSING),
        sub=said.get("sub", MISSING),
        aud=said.get("aud", MISSING),
        client_id=said.get("client_id", MISSING),
        scope=said.get("scope", MISSING),
        token_type="Bearer" if "sub" in said else MISSING,
        exp=said.get("exp", MISSING),
        iat=said.get("iat", MISSING),
        sid=said.get("sid", MISSING),
        jti=said.get("jti", MISSING),
    )


def _sees_all(client: Client) -> bool:
    return EVERYBODYS in client.scopes


def _claims(verified: str) -> dict[str, Any]:
    payload = verified.split(".")[1]
    claims: dict[str, Any] = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _text(value: str | MISSING) -> str | None:
    return None if value is MISSING else value


def _need(value: str | MISSING, name: str) -> str:
    if value is MISSING:
        raise ProblemError(MalformedRequest(detail=f"The field {name} is missing."))
    return value
