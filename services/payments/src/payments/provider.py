"""The interface of payment providers.

Each call carries an idempotency key. A provider carries out an operation at most once for a key and
returns the same response to every repeated call. This prevents a second charge when the process
crashes after a call and before its response is recorded.

    ProviderError
    ├── ProviderUnavailableError    outcome unknown: retry with the same key
    │   └── ProviderTimeoutError    no response in time
    └── ProviderRefusedError        not done, and a retry does not help (an expired hold, for
                                    example): manual action is required
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from uuid import UUID

from payments.contract.models import DeclineCode
from payments.domain import Operation


class ProviderError(Exception):
    """The call of the provider failed."""


class ProviderUnavailableError(ProviderError):
    """The outcome is unknown. Retry the call with the same idempotency key."""


class ProviderTimeoutError(ProviderUnavailableError):
    """The provider did not respond in time. It may have carried out the operation."""


class ProviderRefusedError(ProviderError):
    """The provider will not capture, void or refund this payment."""


@dataclass(frozen=True, slots=True)
class Approved:
    """The operation is done. `reference` is the provider's identifier of it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The card's issuer or the provider declined the authorization. This is final."""

    code: DeclineCode


@dataclass(frozen=True, slots=True)
class Pending:
    """The outcome is not known yet. Retry with the same key."""


Authorized: TypeAlias = Approved | Declined | Pending
Settled: TypeAlias = Approved | Pending
"""The result of a capture, void or refund. These are not declined; see ProviderRefusedError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The amount to hold, in the smallest unit of the currency, and the token of the card."""

    payment_id: UUID
    amount_minor: int
    currency: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An authorized amount; `reference` is the provider's identifier of it."""

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
        """Capture the whole amount. Raises ProviderUnavailableError, ProviderRefusedError."""
        ...

    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        """Release the hold. Raises ProviderUnavailableError, ProviderRefusedError."""
        ...

    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        """Refund the whole amount. Raises ProviderUnavailableError, ProviderRefusedError."""
        ...


def idempotency_key(payment_id: UUID, operation: Operation) -> str:
    """Return the key of an operation on a payment; every retry uses the same key."""
    return f"{payment_id}:{operation}"
