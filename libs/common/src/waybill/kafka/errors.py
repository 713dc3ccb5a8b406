"""Errors of the broker.

BrokerError
├── BrokerUnavailableError    the broker is down, or the link is broken: open another link
├── BrokerRefusedError        the broker returned an error that a new link does not resolve
    └── UnreadableBatchError      the broker returned something else than record batches
"""

from typing import Final

from aiokafka.errors import (  # type: ignore[import-untyped]
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    for_code,
)


class BrokerError(Exception):
    """A request to the broker failed."""


class BrokerUnavailableError(BrokerError):
    """The broker cannot be reached, or a connection of a link is broken."""


class BrokerRefusedError(BrokerError):
    """The broker refused a request."""


REFUSALS: Final[tuple[type[Exception], ...]] = (
    BrokerRefusedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)
"""Errors that remain until an operator changes something; aiokafka raises some of them."""


class UnreadableBatchError(BrokerError):
    """The bytes of a log are not record batches."""


def error_of(code: int) -> BrokerError | None:
    """Return the error that a response's error code stands for; None for 0."""
    if not code:
        return None
    kind = for_code(code)
    if kind.retriable or kind.invalid_metadata:
        return BrokerUnavailableError(kind.__name__)
    return BrokerRefusedError(kind.__name__)


def raise_for(code: int, subject: object) -> None:
    """Raise the error that a response's error code stands for."""
    error = error_of(code)
    if error is not None:
        raise type(error)(f"{subject}: {error}")
