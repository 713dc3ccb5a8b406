"""Errors of the broker.

BrokerError
├── BrokerUnavailableError    the broker is down, or the link is broken: open another link
└── BrokerRefusedError        the broker returned an error that a new link does not resolve

UnreadableBatchError is not one of them: the broker works, one batch of a log does not. It is a
PermanentError, because reading the batch again gives the same bytes.
"""

from collections.abc import Mapping
from typing import Final

from aiokafka.errors import (  # type: ignore[import-untyped]
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IncompatibleBrokerVersion,
    InvalidSessionTimeoutError,
    InvalidTopicError,
    PolicyViolationError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedVersionError,
    for_code,
)

from waybill.events import PermanentError


class BrokerError(Exception):
    """A request to the broker failed."""


class BrokerUnavailableError(BrokerError):
    """The broker cannot be reached, or a connection of a link is broken."""


class BrokerRefusedError(BrokerError):
    """The broker refused a request."""


class UnreadableBatchError(PermanentError):
    """A batch of a log cannot be decoded.

    Its events have the offsets from `first` to `last`, as far as its header can be trusted.
    `next_offset` is where to continue, `data` is the whole batch.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        *,
        first: int,
        last: int,
        next_offset: int,
        data: bytes,
        reason: str,
    ) -> None:
        super().__init__(
            f"{topic}/{partition}: the batch at offsets {first} to {last} cannot be read: {reason}"
        )
        self.topic, self.partition = topic, partition
        self.first, self.last, self.next_offset = first, last, next_offset
        self.data = data


_PERMISSIONS: Final = (
    "give the user of this service what its contract needs, as `waybill topics apply --acls` does"
)
_VERSION: Final = "the brokers are too old: use Kafka 3.1 or newer"
_ADVICE: Final[Mapping[type[Exception], str]] = {
    ClusterAuthorizationFailedError: _PERMISSIONS,
    GroupAuthorizationFailedError: _PERMISSIONS,
    IncompatibleBrokerVersion: _VERSION,
    InvalidSessionTimeoutError: (
        "set WAYBILL_KAFKA_SESSION_TIMEOUT_MS to a value between group.min.session.timeout.ms and "
        "group.max.session.timeout.ms of the brokers"
    ),
    InvalidTopicError: "check WAYBILL_KAFKA_PREFIX",
    PolicyViolationError: (
        "create the topic as the brokers require it, and set WAYBILL_KAFKA_CREATE_TOPICS=false"
    ),
    SaslAuthenticationFailed: "check WAYBILL_KAFKA_SASL_USERNAME and the password",
    TopicAuthorizationFailedError: _PERMISSIONS,
    UnsupportedVersionError: _VERSION,
}
"""Errors of brokers that remain until an operator changes something, and what to change."""


def refusal_of(error: Exception) -> str | None:
    """Say why a broker refuses a request, and what to do; None if it is away, or another error.

    aiokafka raises some of these errors itself, in the consumer group.
    """
    if isinstance(error, BrokerRefusedError):
        return str(error)
    advice = _ADVICE.get(type(error))
    return f"{type(error).__name__}: {advice}" if advice else None


def error_of(code: int) -> BrokerError | None:
    """Return the error that a response's error code stands for; None for 0."""
    if not code:
        return None
    kind = for_code(code)
    if kind.retriable or kind.invalid_metadata:
        return BrokerUnavailableError(kind.__name__)
    return BrokerRefusedError(refusal_of(kind()) or kind.__name__)


def raise_for(code: int, subject: object) -> None:
    """Raise the error that a response's error code stands for."""
    error = error_of(code)
    if error is not None:
        raise type(error)(f"{subject}: {error}")
