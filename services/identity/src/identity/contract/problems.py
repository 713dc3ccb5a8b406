"""The problems that handlers of identity may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyNotFound(Problem):
    """The API key does not exist or is revoked."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "api-key-not-found"
    title: ClassVar[str] = "The API key does not exist or is revoked"


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
class ScopeNotHeld(Problem):
    """The caller lacks a scope that it would give."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "scope-not-held"
    title: ClassVar[str] = "The caller lacks a scope that it would give"

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNotFound(Problem):
    """The session does not exist or has ended."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "session-not-found"
    title: ClassVar[str] = "The session does not exist or has ended"


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
