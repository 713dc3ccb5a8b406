"""Access tokens for the brokers (SASL OAUTHBEARER, RFC 7628).

A token is needed for each new connection. It comes from a file that something else keeps fresh,
such as a projected service account token of Kubernetes, or from an issuer (RFC 6749, 4.4).
"""

import time
from pathlib import Path
from typing import Final

import aiokafka.conn  # type: ignore[import-untyped]  # it is untyped
from aiokafka.abc import AbstractTokenProvider  # type: ignore[import-untyped]  # it is untyped
from aiokafka.conn import OAuthAuthenticator
from aiokafka.errors import (  # type: ignore[import-untyped]  # it is untyped
    KafkaConnectionError,
    SaslAuthenticationFailed,
)
from typing_extensions import override

from waybill.kafka.errors import BrokerRefusedError, BrokerUnavailableError
from waybill.tls import client_context

_SECONDS: Final = 5.0
_LIFETIME_SECONDS: Final = 60
"""Of a token whose issuer does not say it (RFC 6749, 5.1)."""
_USED_SHARE: Final = 0.8
"""Share of its lifetime in which a token is used for new connections."""
_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429


class _Authenticator(OAuthAuthenticator):  # type: ignore[misc]  # an untyped base
    """Sees a refusal, which aiokafka takes for success: the server answers with a reason.

    RFC 7628, 3.2.3. The connection would be closed at the next request, as if the broker were away.
    """

    @override
    async def step(self, payload: bytes | None) -> tuple[bytes, bool] | None:
        if payload:
            raise SaslAuthenticationFailed(payload.decode("utf-8", "replace"))
        message: tuple[bytes, bool] | None = await super().step(payload)
        return message


aiokafka.conn.OAuthAuthenticator = _Authenticator


class TokenRefusedError(BrokerRefusedError, SaslAuthenticationFailed):  # type: ignore[misc]
    """There is no token until an operator changes something."""


class TokenUnavailableError(BrokerUnavailableError, KafkaConnectionError):  # type: ignore[misc]
    """The issuer is away."""


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]  # an untyped base
    """Reads the token from a file each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    async def token(self) -> str:
        """Return the token. Raises TokenRefusedError."""
        try:
            token = self._path.read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise TokenRefusedError(f"WAYBILL_KAFKA_SASL_TOKEN_FILE: {error}") from error
        if not token:
            raise TokenRefusedError(f"WAYBILL_KAFKA_SASL_TOKEN_FILE: {self._path} is empty")
        return token


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc]  # an untyped base
    """Fetches tokens from the token endpoint of an issuer, and uses each for most of its lifetime.

    The endpoint gets the credentials by HTTP Basic authentication, which every issuer accepts.
    """

    def __init__(self, endpoint: str, client: str, secret: str, scope: str | None) -> None:
        self._endpoint = endpoint
        self._credentials = (client, secret)
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._token = ""
        self._use_until = 0.0

    @override
    async def token(self) -> str:
        """Return a token. Raises TokenRefusedError, TokenUnavailableError."""
        if time.monotonic() >= self._use_until:
            self._token, lifetime = await self._fetch()
            self._use_until = time.monotonic() + lifetime * _USED_SHARE
        return self._token

    async def _fetch(self) -> tuple[str, float]:
        # Imported here: only few services fetch tokens, and the library takes 8 MB.
        import httpx  # noqa: PLC0415 - see above

        try:
            async with httpx.AsyncClient(timeout=_SECONDS, verify=client_context()) as client:
                response = await client.post(
                    self._endpoint, data=self._form, auth=self._credentials
                )
        except httpx.HTTPError as error:
            reason = f"{self._endpoint} does not answer: {type(error).__name__} {error}"
            raise TokenUnavailableError(reason) from error
        if response.status_code >= _SERVER_ERROR or response.status_code == _TOO_MANY:
            raise TokenUnavailableError(f"{self._endpoint} answers {response.status_code}")
        try:
            answer = response.raise_for_status().json()
            return str(answer["access_token"]), float(answer.get("expires_in", _LIFETIME_SECONDS))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise TokenRefusedError(
                f"{self._endpoint} gives no token ({response.status_code} {response.text[:200]}): "
                "check WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT, WAYBILL_KAFKA_SASL_USERNAME, "
                "the password and WAYBILL_KAFKA_SASL_SCOPE"
            ) from error
