"""Idempotency-Keys as a service keeps them, but in memory, and only the last ones."""

from dataclasses import dataclass, field
from typing import Final

from waybill.http import Answer
from waybill.http.execution import IdempotentExecution, refusal
from waybill.http.idempotency import Claim, StoredAnswer

KEPT_MAX: Final = 10_000
"""Some megabytes, and more than anybody tries against one mock."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What was answered under which key: the same request gets it again, another is refused."""

    kept: dict[tuple[str, str, str], tuple[bytes, Answer]] = field(default_factory=dict)

    def recall(self, once: IdempotentExecution) -> None:
        """Raise ReplayedAnswerError or ProblemError when the key is not new, as a service does."""
        if refused := refusal(self._claim(once)):
            raise refused

    def keep(self, once: IdempotentExecution, answer: Answer) -> None:
        """Remember a success; after a problem the key is free."""
        self.kept[_name(once)] = once.request.fingerprint, answer
        if len(self.kept) > KEPT_MAX:
            del self.kept[next(iter(self.kept))]

    def _claim(self, once: IdempotentExecution) -> Claim | StoredAnswer:
        known = self.kept.get(_name(once))
        if known is None:
            return Claim.OURS
        fingerprint, answer = known
        if fingerprint != once.request.fingerprint:
            return Claim.REUSED
        reply = once.rendered(answer)
        return StoredAnswer(reply.status, reply.headers, reply.body)


def _name(once: IdempotentExecution) -> tuple[str, str, str]:
    return once.request.principal, once.request.operation, once.request.key
