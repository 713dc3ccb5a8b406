"""The requests of a connection whose user is not known yet.

    ApiVersions ──> SaslHandshake ──> SaslAuthenticate, twice ──> all requests, as this user

Kafka closes a connection that begins with another request, and so does this broker.
https://kafka.apache.org/protocol#sasl_handshake
"""

import logging
from collections.abc import Callable
from typing import Final, TypeAlias

from aiokafka.protocol.admin import (  # type: ignore[import-untyped]
    SaslAuthenticateRequest_v0,
    SaslHandShakeRequest_v0,
    SaslHandShakeRequest_v1,
)

from waybill_toolkit.platform.embedded_broker.error_codes import (
    ILLEGAL_SASL_STATE,
    SASL_AUTHENTICATION_FAILED,
    UNSUPPORTED_SASL_MECHANISM,
    UNSUPPORTED_VERSION,
    Answer,
    Answering,
    Request,
)
from waybill_toolkit.platform.embedded_broker.handlers import Handlers, by_schema
from waybill_toolkit.platform.embedded_broker.scram import (
    MECHANISM,
    AuthenticationError,
    Exchange,
    FirstMessage,
)
from waybill_toolkit.platform.embedded_broker.users import User, Users

_log = logging.getLogger(__name__)

_REFUSED: Final = "Authentication failed: the user or its password is wrong."

OnLogin: TypeAlias = Callable[[User], None]


class Login:
    """Authenticates the client of one connection; calls `on_login` once."""

    def __init__(self, users: Users, on_login: OnLogin) -> None:
        self._users = users
        self._on_login = on_login
        self._is_agreed = False
        self._name = ""
        self._exchange: Exchange | None = None

    def handlers(self) -> Handlers:
        """Return the handlers of the two requests."""
        return _handlers(self._handshake, self._authenticate)

    async def _handshake(self, request: Request) -> Answer:
        self._is_agreed = request.mechanism == MECHANISM
        return 0 if self._is_agreed else UNSUPPORTED_SASL_MECHANISM, [MECHANISM]

    async def _authenticate(self, request: Request) -> Answer:
        if not self._is_agreed:
            return ILLEGAL_SASL_STATE, "SaslHandshake comes first.", b""
        try:
            return 0, None, self._step(request.sasl_auth_bytes or b"")
        except AuthenticationError as error:
            self._is_agreed, self._exchange = False, None
            _log.warning("a client is refused: %s", error)
            return SASL_AUTHENTICATION_FAILED, _REFUSED, b""

    def _step(self, message: bytes) -> bytes:
        if self._exchange is None:
            first = FirstMessage.read(message)
            self._name = first.user
            verifier = self._users.verifier(first.user)
            if verifier is None:
                raise AuthenticationError(f"there is no user {first.user!r}")
            self._exchange = Exchange(first, verifier)
            return self._exchange.challenge.encode()
        try:
            answer = self._exchange.finish(message)
            self._on_login(self._users.user(self._name))
        except AuthenticationError as error:
            raise AuthenticationError(f"user {self._name}: {error}") from None
        except (OSError, ValueError) as error:
            raise AuthenticationError(f"user {self._name}: its contract: {error}") from error
        return answer


def after_login() -> Handlers:
    """Return handlers for a connection whose user is known, or that has none."""

    async def refuse_handshake(_: Request) -> Answer:
        return ILLEGAL_SASL_STATE, []

    async def refuse(_: Request) -> Answer:
        return ILLEGAL_SASL_STATE, "This connection does not use SASL now.", b""

    return _handlers(refuse_handshake, refuse)


def _handlers(handshake: Answering, authenticate: Answering) -> Handlers:
    kinds = (
        (SaslHandShakeRequest_v0, _refuse_version),
        (SaslHandShakeRequest_v1, handshake),
        (SaslAuthenticateRequest_v0, authenticate),
    )
    return {(kind.API_KEY, kind.API_VERSION): by_schema(kind, handler) for kind, handler in kinds}


async def _refuse_version(_: Request) -> Answer:
    """Refuse a client older than Kafka 1.0: what follows would be no requests.

    The version is announced because librdkafka requires it, before it uses the next one.
    """
    return UNSUPPORTED_VERSION, []
