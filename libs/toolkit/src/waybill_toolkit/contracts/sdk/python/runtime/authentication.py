"""Chooses how the requests of a client get their access token."""

from collections.abc import Callable

import httpx

from .token_cache import AsyncTokenCache, TokenCache
from .token_endpoint import TokenEndpoint
from .tokens import (
    AsyncBearerAuth,
    AsyncTokenProvider,
    BearerAuth,
    ClientCredentials,
    TokenProvider,
    checked,
    credentials_from_environment,
)


def sync_auth(
    token: str | ClientCredentials | TokenProvider | None,
    http: httpx.Client,
    base_url: str,
    user_agent: str,
    timeout_seconds: float | None,
) -> httpx.Auth | None:
    """Return the authentication of a `Client`; None when it has no token. Raises ValueError."""
    given = credentials_from_environment() if token is None else token
    if isinstance(given, str):
        return BearerAuth(_constant(checked(given))) if given else None
    if not isinstance(given, ClientCredentials):
        return None if given is None else BearerAuth(given)
    endpoint = _endpoint(given, base_url, user_agent, timeout_seconds)
    return BearerAuth(TokenCache(lambda: endpoint.fetch(http)))


def async_auth(
    token: str | ClientCredentials | AsyncTokenProvider | None,
    http: httpx.AsyncClient,
    base_url: str,
    user_agent: str,
    timeout_seconds: float | None,
) -> httpx.Auth | None:
    """Return the authentication of an `AsyncClient`; None when it has no token."""
    given = credentials_from_environment() if token is None else token
    if isinstance(given, str):
        return BearerAuth(_constant(checked(given))) if given else None
    if not isinstance(given, ClientCredentials):
        return None if given is None else AsyncBearerAuth(given)
    endpoint = _endpoint(given, base_url, user_agent, timeout_seconds)
    return AsyncBearerAuth(AsyncTokenCache(lambda: endpoint.fetch_async(http)))


def _constant(token: str) -> Callable[[str | None], str]:
    return lambda _: token


def _endpoint(
    credentials: ClientCredentials, base_url: str, user_agent: str, timeout_seconds: float | None
) -> TokenEndpoint:
    url = credentials.token_url or f"{base_url}/oauth/token"
    return TokenEndpoint(url, credentials, user_agent, timeout_seconds)
