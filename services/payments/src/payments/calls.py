"""Calls the provider once for a payment, and interprets the response."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from payments.backoff import Backoff
from payments.commands.record_answers import Answer, Call, CallAgain
from payments.contract.models import DeclineCode
from payments.domain import Operation, Payment
from payments.metrics import CALL_SECONDS, CALLS
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
from waybill.sealing import SealingError, Seals

_log: Final = logging.getLogger(__name__)


class Caller:
    """Calls the provider for claimed payments. Every call has an answer, also when it fails."""

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        seals: Seals,
        *,
        timeout: timedelta,
        backoff: Backoff,
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._seals = seals
        self._timeout_seconds = timeout.total_seconds()
        self._backoff = backoff

    async def call(self, payment: Payment, operation: Operation) -> Call:
        """Call the provider for the operation that the payment waits for."""
        with trace.within(payment.traceparent), logs.bound(order_id=str(payment.order_id)):
            answer = await self._answer(payment, operation)
        return Call(payment=payment, operation=operation, answer=answer)

    async def _answer(self, payment: Payment, operation: Operation) -> Answer:
        fields = {"payment_id": payment.payment_id, "operation": operation}
        try:
            answer = await self._call_with_timeout(payment, operation)
        except SealingError as error:
            CALLS.labels(operation, "unreadable").inc()
            return self._unreadable(payment, error, fields)
        except ProviderUnavailableError as error:
            is_late = isinstance(error, ProviderTimeoutError)
            CALLS.labels(operation, "timeout" if is_late else "unavailable").inc()
            _log.warning("outcome unknown, retrying the call: %s", error, extra=fields)
            return self._retry(self._backoff.after(payment.attempts))
        except ProviderRefusedError as error:
            CALLS.labels(operation, "refused").inc()
            _log.error("provider refused the call, manual action required: %s", error, extra=fields)
            return self._retry(self._backoff.longest)
        except Exception:  # noqa: BLE001 (a bug in an adapter must not stop the worker)
            CALLS.labels(operation, "failed").inc()
            _log.exception("provider adapter failed, retrying the call", extra=fields)
            return self._retry(self._backoff.after(payment.attempts))
        CALLS.labels(operation, type(answer).__name__.lower()).inc()
        match answer:
            case Approved() | Declined():
                return answer
            case Pending():
                return self._retry(self._backoff.after(payment.attempts))

    def _unreadable(
        self, payment: Payment, error: SealingError, fields: Mapping[str, object]
    ) -> Answer:
        _log.error("the payment token cannot be decrypted: %s", error, extra=fields)
        if payment.attempts == 1:  # the provider was never called, so nothing is held
            return Declined(DeclineCode.UNKNOWN_TOKEN)
        return self._retry(self._backoff.longest)

    def _retry(self, delay: timedelta) -> CallAgain:
        return CallAgain(self._clock.now() + delay)

    async def _call_with_timeout(self, payment: Payment, operation: Operation) -> Authorized:
        try:
            with CALL_SECONDS.labels(operation).time():
                async with asyncio.timeout(self._timeout_seconds):
                    return await self._call_provider(payment, operation)
        except TimeoutError as error:
            raise ProviderTimeoutError(f"no response within {self._timeout_seconds} s") from error

    async def _call_provider(self, payment: Payment, operation: Operation) -> Authorized:
        key = idempotency_key(payment.payment_id, operation)
        match operation:
            case Operation.AUTHORIZE:
                return await self._provider.authorize(
                    self._authorization(payment), idempotency_key=key
                )
            case Operation.CAPTURE:
                return await self._provider.capture(_hold(payment), idempotency_key=key)
            case Operation.VOID:
                return await self._provider.void(_hold(payment), idempotency_key=key)
            case Operation.REFUND:
                return await self._provider.refund(_hold(payment), idempotency_key=key)

    def _authorization(self, payment: Payment) -> Authorization:
        if payment.sealed_token is None:
            raise ValueError("cannot authorize a payment without its token")
        return Authorization(
            payment_id=payment.payment_id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            token=self._seals.unseal(payment.sealed_token, payment.order_id.bytes),
        )


def _hold(payment: Payment) -> Hold:
    if payment.provider_reference is None:
        raise ValueError("cannot capture, void or refund a payment that is not authorized")
    return Hold(
        payment_id=payment.payment_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reference=payment.provider_reference,
    )
