"""Double-entry bookkeeping: every posting is a pair of entries that sums to zero.

    capture    provider_balance  +amount    the provider owes us what it took
               customer_payments -amount    for the customer's payment
    refund     the same, with the signs turned

So the sum over `provider_balance` is what the provider should have paid out, whatever happened on
the way.
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
    """Post what the provider took from the customer; nothing for nothing."""
    return _pair("capture", amount_minor, currency)


def refund_posting(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """Post what the provider gave back to the customer; nothing for nothing."""
    return _pair("refund", -amount_minor, currency)


def _pair(operation: PostedOperation, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    if amount_minor == 0:
        return ()
    return (
        Entry(operation, Account.PROVIDER_BALANCE, amount_minor, currency),
        Entry(operation, Account.CUSTOMER_PAYMENTS, -amount_minor, currency),
    )
