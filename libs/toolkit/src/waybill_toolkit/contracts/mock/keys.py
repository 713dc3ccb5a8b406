"""Idempotency-Keys as a service handles them, but in memory, and only the most recent ones."""

from dataclasses import dataclass, field
from typing import Final

from waybill.http import Answer
from waybill.http.execution import IdempotentExecution, refusal
from waybill.http.idempotency import Claim, StoredAnswer

KEPT_MAX: Final = 10_000
"""Some megabytes; more than one test run needs."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The responses by key: the same request gets its response again, another one is refused."""

    kept: dict[tuple[str, str, str], tuple[bytes, Answer]] = field(default_factory=dict)

    def recall(self, execution: IdempotentExecution) -> None:
        """Raise ReplayedAnswerError or ProblemError when the key is known, as a service does."""
        if refused := refusal(self._claim(execution)):
            raise refused

    def keep(self, execution: IdempotentExecution, answer: Answer) -> None:
        """Store a success. A problem releases the key."""
        self.kept[_name(execution)] = execution.request.fingerprint, answer
        if len(self.kept) > KEPT_MAX:
            del self.kept[next(iter(self.kept))]

    def _claim(self, execution: IdempotentExecution) -> Claim | StoredAnswer:
        known = self.kept.get(_name(execution))
        if known is None:
            return Claim.OURS
        fingerprint, answer = known
        if fingerprint != execution.request.fingerprint:
            return Claim.REUSED
        reply = execution.rendered(answer)
        return StoredAnswer(reply.status, reply.headers, reply.body)


def _name(execution: IdempotentExecution) -> tuple[str, str, str]:
    return execution.request.principal, execution.request.operation, execution.request.key
