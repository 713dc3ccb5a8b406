"""The problems that handlers of identity may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDenied(Problem):
    """The user does not permit it."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "access-denied"
    title: ClassVar[str] = "The user does not permit it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyNotFound(Problem):
    """The API key does not exist or is revoked."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "api-key-not-found"
    title: ClassVar[str] = "The API key does not exist or is revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationInvalid(Problem):
    """The application cannot be trusted."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "authorization-invalid"
    title: ClassVar[str] = "The application cannot be trusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationPending(Problem):
    """The user has not decided yet."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "authorization-pending"
    title: ClassVar[str] = "The user has not decided yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredToken(Problem):
    """The device code has expired."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "expired-token"
    title: ClassVar[str] = "The device code has expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormNotOurs(Problem):
    """The form has expired."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "form-not-ours"
    title: ClassVar[str] = "The form has expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidApiKey(Problem):
    """The API key is not valid."""

    status: ClassVar[int] = 401
    slug: ClassVar[str] = "invalid-api-key"
    title: ClassVar[str] = "The API key is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidGrant(Problem):
    """The grant is not valid."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "invalid-grant"
    title: ClassVar[str] = "The grant is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidScope(Problem):
    """The scope cannot be granted."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "invalid-scope"
    title: ClassVar[str] = "The scope cannot be granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLinkInvalid(Problem):
    """The link is unknown, used or expired."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "mail-link-invalid"
    title: ClassVar[str] = "The link is unknown, used or expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNotFound(Problem):
    """The role does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "role-not-found"
    title: ClassVar[str] = "The role does not exist"

    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeNotHeld(Problem):
    """The caller lacks a scope that it would give."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "scope-not-held"
    title: ClassVar[str] = "The caller lacks a scope that it would give"

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccountNotFound(Problem):
    """The service account does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "service-account-not-found"
    title: ClassVar[str] = "The service account does not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNotFound(Problem):
    """The session does not exist or has ended."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "session-not-found"
    title: ClassVar[str] = "The session does not exist or has ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyNotFound(Problem):
    """The signing key does not exist or is revoked."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "signing-key-not-found"
    title: ClassVar[str] = "The signing key does not exist or is revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeysTooNew(Problem):
    """The next signing keys may not be known everywhere yet."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "signing-keys-too-new"
    title: ClassVar[str] = "The next signing keys may not be known everywhere yet"

    retry_after_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowDown(Problem):
    """The device asks too often."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "slow-down"
    title: ClassVar[str] = "The device asks too often"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyAttempts(Problem):
    """Too many attempts."""

    status: ClassVar[int] = 429
    slug: ClassVar[str] = "too-many-attempts"
    title: ClassVar[str] = "Too many attempts"

    retry_after_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpCodeWrong(Problem):
    """The code is wrong."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "totp-code-wrong"
    title: ClassVar[str] = "The code is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpInUse(Problem):
    """One-time passwords are in use already."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "totp-in-use"
    title: ClassVar[str] = "One-time passwords are in use already"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpNotEnrolled(Problem):
    """There is no secret to confirm."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "totp-not-enrolled"
    title: ClassVar[str] = "There is no secret to confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnauthorizedClient(Problem):
    """The client may not use this grant."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "unauthorized-client"
    title: ClassVar[str] = "The client may not use this grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedGrantType(Problem):
    """The grant type is not supported."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "unsupported-grant-type"
    title: ClassVar[str] = "The grant type is not supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserNotFound(Problem):
    """The user does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "user-not-found"
    title: ClassVar[str] = "The user does not exist"
