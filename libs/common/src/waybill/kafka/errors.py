"""Errors of the broker.

BrokerError
├── BrokerUnavailableError    the broker is down, or the link is broken: open another link
└── BrokerRefusedError        the broker returned an error that a new link does not resolve

UnreadableBatchError is not one of them: the broker works, one batch of a log does not. It is a
PermanentError, because reading the batch again gives the same bytes.
"""

from typing import Final

from aiokafka.errors import (  # type: ignore[import-untyped]
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
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


REFUSALS: Final[tuple[type[Exception], ...]] = (
    BrokerRefusedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)
"""Errors that remain until an operator changes something; aiokafka raises some of them."""


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
