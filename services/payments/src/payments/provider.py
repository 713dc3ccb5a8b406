"""The port to whoever moves the money.

Each call carries an idempotency key. A provider does what is asked at most once for a key, however
often and from wherever it is asked, and gives the same answer each time. That is all that keeps a
customer from being charged twice when we crash between a call and the record of its answer.

    ProviderError
    ├── ProviderUnavailableError    whether it was done is not known: ask again with the same key
    │   └── ProviderTimeoutError    no answer in time
    └── ProviderRefusedError        not done, and asking again will not change it (a hold that has
                                    lapsed, say): a person has to look
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from uuid import UUID

from payments.contract.models import DeclineCode
from payments.domain import Operation


class ProviderError(Exception):
    """The provider did not answer the question."""


class ProviderUnavailableError(ProviderError):
    """The outcome is not known. The call must be made again with the same idempotency key."""


class ProviderTimeoutError(ProviderUnavailableError):
    """The provider gave no answer in time; it may have done what was asked."""


class ProviderRefusedError(ProviderError):
    """The provider will not capture, void or refund this payment."""


@dataclass(frozen=True, slots=True)
class Approved:
    """It is done. `reference` is the provider's own number for it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """It is not done and will not be: the card's issuer, or the provider, says no."""

    code: DeclineCode


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider does not know yet. Asked again with the same key, it will."""


Authorized: TypeAlias = Approved | Declined | Pending
Settled: TypeAlias = Approved | Pending
"""What comes of a capture, void or refund: these are not declined, but see ProviderRefusedError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What is to be held: the amount, in the currency's smallest unit, on the token's card."""

    payment_id: UUID
    amount_minor: int
    currency: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What was authorized; `reference` is what the provider called it."""

    payment_id: UUID
    amount_minor: int
    currency: str
    reference: str


class Provider(Protocol):
    """Moves money. Implementations pass the conformance suite in tests/integration."""

    async def authorize(self, wanted: Authorization, *, idempotency_key: str) -> Authorized:
        """Hold the amount. Raises ProviderUnavailableError."""
        ...

    async def capture(self, hold: Hold, *, idempotency_key: str) -> Settled:
        """Take all that is held. Raises ProviderUnavailableError, ProviderRefusedError."""
        ...

    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        """Let go of what is held. Raises ProviderUnavailableError, ProviderRefusedError."""
        ...

    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        """Give back all that was taken. Raises ProviderUnavailableError, ProviderRefusedError."""
        ...


def idempotency_key(payment_id: UUID, operation: Operation) -> str:
    """Name one operation on one payment, the same for every call that is ever made for it."""
    return f"{payment_id}:{operation}"
