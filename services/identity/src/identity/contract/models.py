"""The bodies that identity gets and answers. Generated; never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from typing_extensions import TypeAliasType
from waybill.scalars import UUID, AwareDatetime, date

from .shared import Reference


class Accepted(BaseModel):
    """Nothing; what counts is the status."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    key_id: UUID
    user_id: UUID
    name: Annotated[str, Field(repr=False)]
    scopes: list[str]
    created_at: AwareDatetime
    expires_at: AwareDatetime
    last_used_on: Annotated[date | MISSING, Field(default=MISSING)]


class ApiKeyPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    items: list[ApiKey]
    next_cursor: str | None


class ApiKeyToken(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    access_token: str
    token_type: str
    expires_in: Annotated[StrictInt, Field(ge=1, le=3600)]
    scope: str


class ConfirmTotp(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    code: Annotated[str, Field(pattern="^[0-9]{6}$")]


class ConsentDecision(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class CreatedApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key_id: UUID
    user_id: UUID
    api_key: str
    expires_at: AwareDatetime


class CreatedServiceAccount(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    client_id: str
    client_secret: Annotated[str | MISSING, Field(default=MISSING)]
    sub: str


class DeniedSessions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sids: list[UUID]
    kids: list[str]


class DeviceApprovalDecision(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class DeviceCodes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: Annotated[StrictInt, Field(ge=1, le=3600)]
    interval: Annotated[StrictInt, Field(ge=1, le=60)]


class DeviceRequest(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    client_id: Annotated[str | MISSING, Field(max_length=100)] = MISSING
    client_secret: Annotated[str | MISSING, Field(max_length=200)] = MISSING
    scope: Annotated[str | MISSING, Field(max_length=4000)] = MISSING


class EndedSession(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    session_id: UUID
    user_id: UUID


class ExchangeApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    api_key: Annotated[str, Field(max_length=200, min_length=1)]


FormToken = TypeAliasType("FormToken", Annotated[str, Field(max_length=100, pattern="^[!-~]*$")])


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
    device_authorization_endpoint: str
    denied_sessions_uri: str
    scopes_supported: list[str]
    claims_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    prompt_values_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: StrictBool
    request_uri_parameter_supported: StrictBool


class Login(BaseModel):
    """An address with a password; or a principal of a demonstration."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    form: FormToken
    email: Annotated[str | MISSING, Field(max_length=254), Field(repr=False)] = MISSING
    password: Annotated[str | MISSING, Field(max_length=200)] = MISSING
    code: Annotated[str | MISSING, Field(max_length=40)] = MISSING
    demo: Annotated[str | MISSING, Field(max_length=20)] = MISSING
    request: Annotated[str | MISSING, Field(max_length=8000, pattern="^[!-~]*$")] = MISSING
    user_code: Annotated[str | MISSING, Field(max_length=20)] = MISSING


class Permission(BaseModel):
    """What the user has permitted an application."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    client_id: str
    scopes: list[str]
    given_at: AwareDatetime


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


class RecoveryCodes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    codes: list[str]


RedirectUrisRedirectUri = TypeAliasType(
    "RedirectUrisRedirectUri",
    Annotated[
        str,
        Field(
            max_length=2000,
            pattern="^(https://[A-Za-z0-9.:-]+|http://(127\\.0\\.0\\.1|\\[::1\\]|localhost)(:[0-9]+)?|[a-z][a-z0-9-]*(\\.[a-z0-9-]+)+:)(/[!$-;=?-Z_a-z~]*)?$",
        ),
    ],
)


RedirectUris = TypeAliasType(
    "RedirectUris", Annotated[list[RedirectUrisRedirectUri], Field(max_length=20, min_length=1)]
)


class RegisterUser(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    email: Annotated[
        str,
        Field(
            max_length=254,
            min_length=3,
            pattern="^[^@\\u0000-\\u0020\\u007f-\\u009f]+@[^@\\u0000-\\u0020\\u007f-\\u009f]+$",
        ),
        Field(repr=False),
    ]
    password: Annotated[str, Field(max_length=128, min_length=12)]


class Registration(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    form: FormToken
    email: Annotated[
        str,
        Field(
            max_length=254,
            min_length=3,
            pattern="^[^@\\u0000-\\u0020\\u007f-\\u009f]+@[^@\\u0000-\\u0020\\u007f-\\u009f]+$",
        ),
        Field(repr=False),
    ]
    password: Annotated[str, Field(max_length=128, min_length=12)]


class RemovedServiceAccount(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    client_id: str


class RemovedUser(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID


class RequestPasswordReset(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    email: Annotated[
        str,
        Field(
            max_length=254,
            min_length=3,
            pattern="^[^@\\u0000-\\u0020\\u007f-\\u009f]+@[^@\\u0000-\\u0020\\u007f-\\u009f]+$",
        ),
        Field(repr=False),
    ]


class Reset(BaseModel):
    """An address, to send a link to; or a link's token with the new password."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    form: FormToken
    email: Annotated[
        str | MISSING,
        Field(
            max_length=254,
            min_length=3,
            pattern="^[^@\\u0000-\\u0020\\u007f-\\u009f]+@[^@\\u0000-\\u0020\\u007f-\\u009f]+$",
        ),
        Field(repr=False),
    ] = MISSING
    token: Annotated[str | MISSING, Field(max_length=100, min_length=1)] = MISSING
    password: Annotated[str | MISSING, Field(max_length=128, min_length=12)] = MISSING


class Revoked(BaseModel):
    """Nothing; what counts is the status."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RevokedApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    key_id: UUID
    user_id: UUID


RoleName = TypeAliasType("RoleName", Annotated[str, Field(pattern="^[a-z][a-z-]{0,39}$")])


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


class SetPassword(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    token: Annotated[str, Field(max_length=100, min_length=1)]
    password: Annotated[str, Field(max_length=128, min_length=12)]


class SetRole(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    scopes: Scopes


class SetUserRoles(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    roles: Annotated[list[RoleName], Field(max_length=20)]


class SigningKeyAlgorithm(StrEnum):
    ES256 = "ES256"
    RS256 = "RS256"


class SigningKeyState(StrEnum):
    NEXT = "next"
    CURRENT = "current"
    RETIRED = "retired"
    REVOKED = "revoked"


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
    device_code: Annotated[str | MISSING, Field(max_length=100)] = MISSING


class Tokens(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    access_token: str
    token_type: str
    expires_in: Annotated[StrictInt, Field(ge=1, le=3600)]
    scope: str
    refresh_token: Annotated[str | MISSING, Field(default=MISSING)]
    id_token: Annotated[str | MISSING, Field(default=MISSING)]


class TotpSecret(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    secret: str
    uri: Annotated[str, Field(repr=False)]


class UserRoles(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    roles: list[RoleName]


class UserStatus(StrEnum):
    UNVERIFIED = "unverified"
    ACTIVE = "active"


class Userinfo(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sub: str


class VerifyEmail(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    token: Annotated[str, Field(max_length=100, min_length=1)]
    password: Annotated[str, Field(max_length=128, min_length=12)]


class Confirmation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    form: FormToken
    token: Annotated[str, Field(max_length=100, min_length=1)]
    password: Annotated[str, Field(max_length=128, min_length=12)]


class Consent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    form: FormToken
    request: Annotated[str, Field(max_length=8000, pattern="^[!-~]*$")]
    decision: ConsentDecision


class CreateApiKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    user_id: UUID
    name: Reference
    scopes: Scopes
    expires_in_days: Annotated[StrictInt, Field(ge=1, le=365)]


class CreateServiceAccount(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Reference
    scopes: Scopes
    redirect_uris: RedirectUris | MISSING = MISSING
    is_public: StrictBool | MISSING = MISSING


class DeviceApproval(BaseModel):
    """Without a decision, the page shows what the device asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    form: FormToken
    user_code: Annotated[str, Field(max_length=20)]
    decision: DeviceApprovalDecision | MISSING = MISSING


class FormOnly(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    form: FormToken


class KeySet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    keys: list[PublicKey]


class Role(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    role: RoleName
    scopes: list[str]


class RoleList(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[Role]


class SigningKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kid: str
    algorithm: SigningKeyAlgorithm
    state: SigningKeyState
    since: AwareDatetime


class SigningKeyList(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[SigningKey]


class SigningKeyRotation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    items: list[SigningKey]
    possible_again_at: AwareDatetime


class User(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    user_id: UUID
    customer_ref: Annotated[str | MISSING, Field(default=MISSING)]
    email: Annotated[str, Field(repr=False)]
    status: UserStatus
    created_at: AwareDatetime
    roles: list[RoleName]
    has_totp: StrictBool
    permissions: list[Permission]
