"""The span of a call of the provider. It has no amount, no token and nothing of the card."""

import time
from types import TracebackType

from payments.domain import Operation, Payment
from payments.provider import Authorized
from waybill import spans, trace
from waybill.spans import Kind, Span


class ProviderSpan:
    """One call, in the current span; a context manager."""

    def __init__(self, payment: Payment, operation: Operation) -> None:
        self._context = trace.current()
        self._payment = payment
        self._operation = operation
        self._outcome: str | None = None
        self._began = time.perf_counter()

    def answered(self, answer: Authorized) -> None:
        """Record the answer of the provider."""
        self._outcome = type(answer).__name__.lower()

    def __enter__(self) -> "ProviderSpan":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._context is None or not spans.is_recorded(self._context):
            return
        attributes = {
            "waybill.provider.operation": self._operation.value,
            "waybill.provider.outcome": self._outcome,
            "waybill.provider.attempt": self._payment.attempts,
            "waybill.payment.id": str(self._payment.payment_id),
        }
        name = f"provider {self._operation.value}"
        failure = kind.__name__ if kind else None
        ended = time.perf_counter()
        spans.record(
            Span(self._context, name, Kind.CLIENT, self._began, ended, attributes, (), failure)
        )
