"""The built-in provider. It moves no money; the test token selects its behavior.

    token                        authorize
    tok_approve                  approved
    tok_decline                  declined: card_declined
    tok_insufficient_funds       declined: insufficient_funds
    tok_slow                     approved, after `slow_seconds`
    tok_timeout_then_approved    held, but the first response is lost; a retry is approved
    tok_error_once               fails before it is carried out; a retry is approved
    anything else                declined: unknown_token

It stores every operation in the database under its idempotency key and never deletes it.
"""

import asyncio
from typing import Final

from typing_extensions import override

from payments.contract.models import DeclineCode
from payments.domain import Operation
from payments.provider import (
    Approved,
    Authorization,
    Authorized,
    Declined,
    Hold,
    Provider,
    ProviderRefusedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Settled,
)
from payments.sandbox_ledger import Charge, Entered, SandboxLedger
from waybill.postgres import DatabaseUnavailableError

TOK_APPROVE: Final = "tok_approve"
TOK_DECLINE: Final = "tok_decline"
TOK_INSUFFICIENT_FUNDS: Final = "tok_insufficient_funds"
TOK_SLOW: Final = "tok_slow"
TOK_TIMEOUT_THEN_APPROVED: Final = "tok_timeout_then_approved"
TOK_ERROR_ONCE: Final = "tok_error_once"

_DECLINES: Final = {
    TOK_DECLINE: DeclineCode.CARD_DECLINED,
    TOK_INSUFFICIENT_FUNDS: DeclineCode.INSUFFICIENT_FUNDS,
}
_APPROVED: Final = frozenset({TOK_APPROVE, TOK_SLOW, TOK_TIMEOUT_THEN_APPROVED, TOK_ERROR_ONCE})


class Sandbox(Provider):
    """A provider for tests and local use. The module's docstring lists its tokens."""

    def __init__(self, ledger: SandboxLedger, *, slow_seconds: float) -> None:
        self._ledger = ledger
        self._slow_seconds = slow_seconds
        self._failed_once: set[str] = set()

    @override
    async def authorize(self, wanted: Authorization, *, idempotency_key: str) -> Authorized:
        if wanted.token == TOK_SLOW:
            await asyncio.sleep(self._slow_seconds)
        if wanted.token == TOK_ERROR_ONCE:
            self._fail_once(idempotency_key)
        entered = await self._enter(
            Charge(
                idempotency_key=idempotency_key,
                operation=Operation.AUTHORIZE,
                payment_id=wanted.payment_id,
                amount_minor=wanted.amount_minor,
                currency=wanted.currency,
                decline_code=_decline_code(wanted.token),
            )
        )
        if wanted.token == TOK_TIMEOUT_THEN_APPROVED and entered.attempts == 1:
            raise ProviderTimeoutError("the sandbox dropped this response, as the token requests")
        if entered.decline_code is not None:
            return Declined(entered.decline_code)
        return Approved(entered.reference)

    @override
    async def capture(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.CAPTURE, hold, idempotency_key)

    @override
    async def void(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.VOID, hold, idempotency_key)

    @override
    async def refund(self, hold: Hold, *, idempotency_key: str) -> Settled:
        return await self._settle(Operation.REFUND, hold, idempotency_key)

    async def _settle(self, operation: Operation, hold: Hold, idempotency_key: str) -> Approved:
        entered = await self._enter(
            Charge(
                idempotency_key=idempotency_key,
                operation=operation,
                payment_id=hold.payment_id,
                amount_minor=hold.amount_minor,
                currency=hold.currency,
            )
        )
        return Approved(entered.reference)

    async def _enter(self, charge: Charge) -> Entered:
        try:
            entered = await self._ledger.enter(charge)
        except DatabaseUnavailableError as error:
            raise ProviderUnavailableError("the sandbox cannot reach its database") from error
        if entered is None:
            raise ProviderRefusedError(f"the sandbox cannot {charge.operation} this payment")
        return entered

    def _fail_once(self, idempotency_key: str) -> None:
        """Fail the first call with this key in this process."""
        if idempotency_key in self._failed_once:
            self._failed_once.remove(idempotency_key)
            return
        self._failed_once.add(idempotency_key)
        raise ProviderUnavailableError("the sandbox failed, as the token requests")


def _decline_code(token: str) -> DeclineCode | None:
    return None if token in _APPROVED else _DECLINES.get(token, DeclineCode.UNKNOWN_TOKEN)
