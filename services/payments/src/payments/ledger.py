"""Double-entry bookkeeping: every posting is a pair of entries that sums to zero.

    capture    provider_balance  +amount    the provider owes us the captured amount
               customer_payments -amount    the customer's payment
    refund     the same with opposite signs

The sum over `provider_balance` is the amount that the provider owes us.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

PostedOperation: TypeAlias = Literal["capture", "refund"]


class Account(StrEnum):
    PROVIDER_BALANCE = "provider_balance"
    CUSTOMER_PAYMENTS = "customer_payments"


@dataclass(frozen=True, slots=True)
class Entry:
    """One signed entry of the pair."""

    operation: PostedOperation
    account: Account
    amount_minor: int
    currency: str


def capture_posting(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """Return the posting of a capture; empty for the amount 0."""
    return _pair("capture", amount_minor, currency)


def refund_posting(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """Return the posting of a refund; empty for the amount 0."""
    return _pair("refund", -amount_minor, currency)


def _pair(operation: PostedOperation, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    if amount_minor == 0:
        return ()
    return (
        Entry(operation, Account.PROVIDER_BALANCE, amount_minor, currency),
        Entry(operation, Account.CUSTOMER_PAYMENTS, -amount_minor, currency),
    )
