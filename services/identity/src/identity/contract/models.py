"""The bodies that identity gets and answers. Generated; never edited."""

from __future__ import annotations

from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from typing_extensions import TypeAliasType
from waybill.scalars import UUID, AwareDatetime, date

from .shared import Reference


class ApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key_id: UUID
    user_id: UUID
    name: str
    scopes: list[str]
    created_at: AwareDatetime
    expires_at: AwareDatetime
    last_used_on: Annotated[date | MISSING, Field(default=MISSING)]


class ApiKeyPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[ApiKey]
    next_cursor: str | None


class ApiKeyToken(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    access_token: str
    token_type: str
    expires_in: Annotated[StrictInt, Field(ge=1, le=3600)]
    scope: str


class CreatedApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key_id: UUID
    user_id: UUID
    api_key: str
    expires_at: AwareDatetime


class DeniedSessions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sids: list[UUID]


class EndedSession(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    session_id: UUID
    user_id: UUID


class ExchangeApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    api_key: Annotated[str, Field(max_length=200, min_length=1)]


class Introspection(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    active: StrictBool
    iss: Annotated[str | MISSING, Field(default=MISSING)]
    sub: Annotated[str | MISSING, Field(default=MISSING)]
    aud: Annotated[str | MISSING, Field(default=MISSING)]
    client_id: Annotated[str | MISSING, Field(default=MISSING)]
    scope: Annotated[str | MISSING, Field(default=MISSING)]
    token_type: Annotated[str | MISSING, Field(default=MISSING)]
    exp: Annotated[
        Annotated[StrictInt | MISSING, Field(ge=0, le=253402300799)], Field(default=MISSING)
    ]
    iat: Annotated[
        Annotated[StrictInt | MISSING, Field(ge=0, le=253402300799)], Field(default=MISSING)
    ]
    sid: Annotated[str | MISSING, Field(default=MISSING)]
    jti: Annotated[str | MISSING, Field(default=MISSING)]


class IssuerMetadata(BaseModel):
    """Where a client finds the endpoints, and what they support."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    denied_sessions_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: StrictBool


class PublicKey(BaseModel):
    """A JSON Web Key (RFC 7517) of an elliptic curve (`crv`, `x`, `y`) or RSA (`n`, `e`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kid: str
    kty: str
    alg: str
    use: str
    crv: Annotated[str | MISSING, Field(default=MISSING)]
    x: Annotated[str | MISSING, Field(default=MISSING)]
    y: Annotated[str | MISSING, Field(default=MISSING)]
    n: Annotated[str | MISSING, Field(default=MISSING)]
    e: Annotated[str | MISSING, Field(default=MISSING)]


class Revoked(BaseModel):
    """Nothing; what counts is the status."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RevokedApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key_id: UUID
    user_id: UUID


ScopesScope = TypeAliasType("ScopesScope", Annotated[str, Field(pattern="^[a-z][a-z_:-]{0,63}$")])


Scopes = TypeAliasType("Scopes", Annotated[list[ScopesScope], Field(max_length=100, min_length=1)])


class Session(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    session_id: UUID
    user_id: UUID
    auth_time: AwareDatetime
    amr: list[str]
    expires_at: AwareDatetime


class SessionPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Session]
    next_cursor: str | None


class TokenHint(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    token: Annotated[str, Field(max_length=8192)]
    client_id: Annotated[str | MISSING, Field(max_length=100)] = MISSING
    client_secret: Annotated[str | MISSING, Field(max_length=200)] = MISSING


class TokenRequest(BaseModel):
    """Fields that a grant does not use are ignored, as RFC 6749 requires."""

    model_config = ConfigDict(extra="allow", frozen=True)
    grant_type: Annotated[str, Field(max_length=100)]
    client_id: Annotated[str | MISSING, Field(max_length=100)] = MISSING
    client_secret: Annotated[str | MISSING, Field(max_length=200)] = MISSING
    scope: Annotated[str | MISSING, Field(max_length=4000)] = MISSING
    code: Annotated[str | MISSING, Field(max_length=100)] = MISSING
    redirect_uri: Annotated[str | MISSING, Field(max_length=2000)] = MISSING
    code_verifier: Annotated[str | MISSING, Field(max_length=128)] = MISSING
    refresh_token: Annotated[str | MISSING, Field(max_length=100)] = MISSING


class Tokens(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    access_token: str
    token_type: str
    expires_in: Annotated[StrictInt, Field(ge=1, le=3600)]
    scope: str
    refresh_token: Annotated[str | MISSING, Field(default=MISSING)]
    id_token: Annotated[str | MISSING, Field(default=MISSING)]


class Userinfo(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sub: str


class CreateApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    name: Reference
    scopes: Scopes
    expires_in_days: Annotated[StrictInt, Field(ge=1, le=365)]


class KeySet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    keys: list[PublicKey]
