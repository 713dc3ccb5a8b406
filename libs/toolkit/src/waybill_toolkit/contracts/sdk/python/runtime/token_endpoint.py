"""Fetches access tokens with client credentials at a token endpoint (RFC 6749, 4.4)."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
from pydantic_core import from_json

from .token_cache import AccessToken
from .tokens import ClientCredentials

TEMPORARY_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})
_MASK: Final = "***"


class TokenFailure(Exception):  # noqa: N818 (an outcome of a step; calls raise a TokenError for it)
    """No access token was fetched. `code` is the `error` of the endpoint's answer; else empty."""

    def __init__(self, reason: str, code: str = "", *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.is_temporary = is_temporary


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """The endpoint of a client."""

    url: str
    credentials: ClientCredentials
    user_agent: str
    timeout_seconds: float | None

    def fetch(self, http: httpx.Client) -> AccessToken:
        """Fetch a token. Raises TokenFailure."""
        request = self._request(http)
        try:
            response = http.send(request, auth=self._auth(), follow_redirects=False)
        except httpx.RequestError as error:
            raise self._no_answer(error) from error
        return self._read(response)

    async def fetch_async(self, http: httpx.AsyncClient) -> AccessToken:
        """Fetch a token. Raises TokenFailure."""
        request = self._request(http)
        try:
            response = await http.send(request, auth=self._auth(), follow_redirects=False)
        except httpx.RequestError as error:
            raise self._no_answer(error) from error
        return self._read(response)

    def _request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        scope = self.credentials.scope
        form = {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
        seconds = self.timeout_seconds
        headers = {"Accept": "application/json", "User-Agent": self.user_agent}
        return http.build_request(
            "POST",
            self.url,
            data=form,
            headers=headers,
            timeout=http.timeout if seconds is None else seconds,
        )

    def _auth(self) -> httpx.BasicAuth:
        """Return id and secret, each encoded as in a form (RFC 6749, 2.3.1)."""
        each = self.credentials
        return httpx.BasicAuth(quote_plus(each.client_id), quote_plus(each.client_secret))

    def _no_answer(self, error: httpx.RequestError) -> TokenFailure:
        return TokenFailure(f"no access token: {self.url}: {error!r}", is_temporary=True)

    def _read(self, response: httpx.Response) -> AccessToken:
        try:
            document = from_json(response.content)
        except ValueError:
            document = None
        found: dict[str, Any] = document if isinstance(document, dict) else {}
        if response.status_code != 200:
            raise self._refused(response.status_code, found)
        value, kind, seconds = map(found.get, ("access_token", "token_type", "expires_in"))
        if not isinstance(value, str) or not value or str(kind).lower() != "bearer":
            raise TokenFailure(f"no access token: {self.url}: the response has no bearer token")
        return AccessToken(value, seconds if isinstance(seconds, int | float) else None)

    def _refused(self, status: int, found: dict[str, Any]) -> TokenFailure:
        code = found.get("error")
        texts = [f"status {status}", code, found.get("error_description")]
        text = ", ".join(each for each in texts if isinstance(each, str))
        return TokenFailure(
            f"no access token: {self.url}: {text}".replace(self.credentials.client_secret, _MASK),
            code if isinstance(code, str) else "",
            is_temporary=status in TEMPORARY_STATUSES,
        )
