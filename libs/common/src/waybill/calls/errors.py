"""Why a call of another service gave no answer.

    CallError
      UnavailableError
        NotExecutedError  the service did not execute it: it is down or busy, or no time was left
        UnansweredError   it may have been executed: no response, or one that says try again
      RefusedError        the service refused it, or its answer does not match its contract:
                          retrying does not help

They are problems: a handler that catches none of them answers 503, or 500 for the last one, and
names the service.
"""

from typing_extensions import override

from waybill.http.problems import RETRY_AFTER_SECONDS, Internal, Problem, ProblemError, Unavailable


class CallError(ProblemError):
    """A call of another service gave no answer that its contract declares."""

    def __init__(self, service: str, reason: str, problem: Problem) -> None:
        super().__init__(problem)
        self.service = service
        self.reason = reason
        """For logs; clients do not see it."""

    @override
    def __str__(self) -> str:
        return f"{self.service}: {self.reason}"


class UnavailableError(CallError):
    """The service is not available now.

    `retry_after` are the seconds that the service wants its callers to wait, if it said so. With
    `is_final` another attempt is not worth while.
    """

    def __init__(
        self,
        service: str,
        reason: str,
        *,
        retry_after: int | None = None,
        is_final: bool = False,
    ) -> None:
        detail = f"{service} is unavailable; try again shortly."
        seconds = RETRY_AFTER_SECONDS if retry_after is None else retry_after
        super().__init__(service, reason, Unavailable(detail=detail, retry_after_seconds=seconds))
        self.retry_after = retry_after
        self.is_final = is_final


class NotExecutedError(UnavailableError):
    """The service did not execute the call."""


class UnansweredError(UnavailableError):
    """The service may have executed the call."""


class RefusedError(CallError):
    """The service will not execute the call as it is."""

    def __init__(self, service: str, reason: str) -> None:
        detail = f"A call of {service} failed. The fault has been recorded under this trace id."
        super().__init__(service, reason, Internal(detail=detail))
