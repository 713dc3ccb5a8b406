"""What clients and services read about the issuer: its metadata, its keys, denied sessions."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from pydantic import MISSING

from identity import sessions, users
from identity.contract import api, models
from identity.domain import PROTOCOL_SCOPES, GrantType
from identity.parts import Operations
from identity.token_signing import ID_TOKEN_CLAIMS, TOKEN_LIFETIME
from waybill.http import Call

_BY_SECRET: Final = ("client_secret_basic", "client_secret_post")
_CACHED: Final = "max-age=60"
DENIED_FOR: Final = TOKEN_LIFETIME + timedelta(minutes=1)
"""Longer than a token is accepted, with clocks that differ."""


class MetadataOperations(Operations):
    """Public reads."""

    async def get_openid_configuration(self, _call: Call) -> api.GetOpenidConfigurationResult:
        """Return where the endpoints are."""
        return api.GetOpenidConfiguration200(body=await self._metadata(), cache_control=_CACHED)

    async def get_authorization_server_metadata(
        self, _call: Call
    ) -> api.GetAuthorizationServerMetadataResult:
        """Return the same, at the path of RFC 8414."""
        return api.GetAuthorizationServerMetadata200(
            body=await self._metadata(), cache_control=_CACHED
        )

    async def list_signing_keys(self, _call: Call) -> api.ListSigningKeysResult:
        """Return the public keys."""
        keys = [_public_key(jwk) for jwk in await self._signer.ring.published()]
        return api.ListSigningKeys200(body=models.KeySet(keys=keys), cache_control=_CACHED)

    async def list_denied_sessions(self, _call: Call) -> api.ListDeniedSessionsResult:
        """Return the sessions and keys whose tokens are refused, with a tag of the list."""
        async with self._database.connection() as connection:
            sids = await sessions.list_denied(connection, self._clock.now() - DENIED_FOR)
        await self._signer.ring.refresh()
        kids = sorted(self._signer.ring.denied)
        listed = b"".join(sid.bytes for sid in sids) + "".join(kids).encode()
        tag = hashlib.sha256(listed).digest()[:8]
        return api.ListDeniedSessions200(
            body=models.DeniedSessions(sids=sids, kids=kids), etag=f'"{int.from_bytes(tag)}"'
        )

    async def get_userinfo(self, call: Call) -> api.GetUserinfoResult:
        """Return the claims of the caller."""
        return api.GetUserinfo200(body=models.Userinfo(sub=call.principal.subject))

    async def _metadata(self) -> models.IssuerMetadata:
        issuer = self._signer.issuer
        base = issuer.rstrip("/")
        async with self._database.connection() as connection:
            scopes = await users.list_scopes(connection) | PROTOCOL_SCOPES
        return models.IssuerMetadata(
            issuer=issuer,
            authorization_endpoint=f"{base}/oauth/authorize",
            token_endpoint=f"{base}/oauth/token",
            jwks_uri=f"{base}/oauth/jwks",
            userinfo_endpoint=f"{base}/oauth/userinfo",
            revocation_endpoint=f"{base}/oauth/revoke",
            introspection_endpoint=f"{base}/oauth/introspect",
            device_authorization_endpoint=f"{base}/oauth/device_authorization",
            denied_sessions_uri=f"{base}/oauth/denied-sessions",
            scopes_supported=sorted(scopes),
            claims_supported=list(ID_TOKEN_CLAIMS),
            response_types_supported=["code"],
            response_modes_supported=["query"],
            grant_types_supported=[each.value for each in GrantType],
            prompt_values_supported=["none", "login", "consent"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
            token_endpoint_auth_methods_supported=[*_BY_SECRET, "none"],
            revocation_endpoint_auth_methods_supported=[*_BY_SECRET, "none"],
            introspection_endpoint_auth_methods_supported=[*_BY_SECRET],
            code_challenge_methods_supported=["S256"],
            authorization_response_iss_parameter_supported=True,
            request_uri_parameter_supported=False,
        )


def _public_key(jwk: Mapping[str, str]) -> models.PublicKey:
    return models.PublicKey(
        kid=jwk["kid"],
        kty=jwk["kty"],
        alg=jwk["alg"],
        use=jwk["use"],
        crv=jwk.get("crv", MISSING),
        x=jwk.get("x", MISSING),
        y=jwk.get("y", MISSING),
        n=jwk.get("n", MISSING),
        e=jwk.get("e", MISSING),
    )
