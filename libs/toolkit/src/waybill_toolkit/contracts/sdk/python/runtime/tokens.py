"""Access tokens: one that is given, a provider of tokens, or OAuth client credentials."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from re import IGNORECASE, search
from typing import Final, TypeAlias

import httpx
from typing_extensions import override

TOKEN: Final = "WAYBILL_TOKEN"  # noqa: S105 (the name of a variable)
CLIENT_ID: Final = "WAYBILL_CLIENT_ID"
CLIENT_SECRET: Final = "WAYBILL_CLIENT_SECRET"  # noqa: S105 (the name of a variable)

TokenProvider: TypeAlias = Callable[[str | None], str]
"""Returns the access token of a request.

It is called before each request with None. When the API refuses a token as invalid, it is called
once more with that token, and the request is sent again with the token that it returns, if that is
another.
"""

AsyncTokenProvider: TypeAlias = Callable[[str | None], Awaitable[str]]
"""The same for an `AsyncClient`."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth client credentials (RFC 6749, 4.4), with which a client gets its access tokens.

    `token_url` is by default `/oauth/token` at the base URL. Without `scope` the tokens have all
    scopes that the client may have.
    """

    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    token_url: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when the id or the secret is empty."""
        if not self.client_id or not self.client_secret:
            raise ValueError("client credentials have a client_id and a client_secret")


def credentials_from_environment() -> str | ClientCredentials | None:
    """Return the token in WAYBILL_TOKEN, or client credentials. Raises ValueError for a half."""
    if token := os.environ.get(TOKEN):
        return token
    client_id, secret = os.environ.get(CLIENT_ID), os.environ.get(CLIENT_SECRET)
    if client_id and secret:
        return ClientCredentials(client_id, secret)
    if client_id or secret:
        raise ValueError(f"set both {CLIENT_ID} and {CLIENT_SECRET}, or neither")
    return None


def checked(token: str) -> str:
    """Return a token without surrounding spaces.

    Raises ValueError for one that cannot be in a header: the error of an HTTP client would contain
    it.
    """
    stripped = token.strip()
    if not all("!" <= each <= "~" for each in stripped):
        raise ValueError("the token has a character that a header cannot have")
    return stripped


class BearerAuth(httpx.Auth):
    """Sends the token of a provider, unless a request has an Authorization of its own."""

    def __init__(self, provider: TokenProvider) -> None:
        self._provider = provider

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if "Authorization" in request.headers:
            yield request
            return
        token = checked(self._provider(None))
        response = yield _with_token(request, token)
        if is_refused(response):
            renewed = checked(self._provider(token))
            if renewed != token:
                yield _with_token(request, renewed)


class AsyncBearerAuth(httpx.Auth):
    """The same with a provider that is awaited."""

    def __init__(self, provider: AsyncTokenProvider) -> None:
        self._provider = provider

    @override
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if "Authorization" in request.headers:
            yield request
            return
        token = checked(await self._provider(None))
        response = yield _with_token(request, token)
        if is_refused(response):
            renewed = checked(await self._provider(token))
            if renewed != token:
                yield _with_token(request, renewed)


def _with_token(request: httpx.Request, token: str) -> httpx.Request:
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    return request


def is_refused(response: httpx.Response) -> bool:
    """Return whether the token is invalid (RFC 6750, 3.1), so that another one can help."""
    challenge = response.headers.get("WWW-Authenticate", "")
    return response.status_code == 401 and bool(
        search(r'\berror="?invalid_token\b', challenge, IGNORECASE)
    )
