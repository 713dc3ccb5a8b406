"""One call of the provider: what is asked for a payment, and what the answer means."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from payments.backoff import Backoff
from payments.commands.record_answers import Answer, Call, CallAgain
from payments.domain import Operation, Payment
from payments.provider import (
    Approved,
    Authorization,
    Authorized,
    Declined,
    Hold,
    Pending,
    Provider,
    ProviderRefusedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    idempotency_key,
)
from waybill import logs, trace
from waybill.clock import Clock

_log: Final = logging.getLogger(__name__)


class Caller:
    """Calls the provider for claimed payments. Whatever happens there, there is an answer."""

    def __init__(
        self, provider: Provider, clock: Clock, *, timeout: timedelta, backoff: Backoff
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._timeout_seconds = timeout.total_seconds()
        self._backoff = backoff

    async def call(self, payment: Payment, operation: Operation) -> Call:
        """Ask the provider to carry out the operation that the payment waits for."""
        with trace.within(payment.traceparent), logs.bound(order_id=str(payment.order_id)):
            answer = await self._answer(payment, operation)
        return Call(payment=payment, operation=operation, answer=answer)

    async def _answer(self, payment: Payment, operation: Operation) -> Answer:
        known_as = {"payment_id": payment.payment_id, "operation": operation}
        try:
            answer = await self._ask_in_time(payment, operation)
        except ProviderUnavailableError as error:
            _log.warning("outcome not known, asking again: %s", error, extra=known_as)
            return self._again(self._backoff.after(payment.attempts))
        except ProviderRefusedError as error:
            _log.error("refused, somebody has to look: %s", error, extra=known_as)
            return self._again(self._backoff.longest)
        except Exception:  # noqa: BLE001 (an adapter's fault must not end the worker)
            _log.exception("the provider's adapter failed, asking again", extra=known_as)
            return self._again(self._backoff.after(payment.attempts))
        match answer:
            case Approved() | Declined():
                return answer
            case Pending():
                return self._again(self._backoff.after(payment.attempts))

    def _again(self, delay: timedelta) -> CallAgain:
        return CallAgain(self._clock.now() + delay)

    async def _ask_in_time(self, payment: Payment, operation: Operation) -> Authorized:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._ask(payment, operation)
        except TimeoutError as error:
            raise ProviderTimeoutError(f"no answer in {self._timeout_seconds} s") from error

    async def _ask(self, payment: Payment, operation: Operation) -> Authorized:
        key = idempotency_key(payment.payment_id, operation)
        match operation:
            case Operation.AUTHORIZE:
                return await self._provider.authorize(_authorization(payment), idempotency_key=key)
            case Operation.CAPTURE:
                return await self._provider.capture(_hold(payment), idempotency_key=key)
            case Operation.VOID:
                return await self._provider.void(_hold(payment), idempotency_key=key)
            case Operation.REFUND:
                return await self._provider.refund(_hold(payment), idempotency_key=key)


def _authorization(payment: Payment) -> Authorization:
    if payment.token is None:
        raise ValueError("an authorization needs the token")
    return Authorization(
        payment_id=payment.payment_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        token=payment.token,
    )


def _hold(payment: Payment) -> Hold:
    if payment.provider_reference is None:
        raise ValueError("nothing was authorized that could be captured, voided or refunded")
    return Hold(
        payment_id=payment.payment_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reference=payment.provider_reference,
    )
