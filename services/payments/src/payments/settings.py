"""What payments must be told from outside, beside what every service is told."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from payments.backoff import Backoff
from waybill.process.settings import Settings


class PaymentsSettings(Settings):
    """The settings of payments; environment variables carry the prefix WAYBILL_."""

    service: str = "payments"

    provider_calls_max: PositiveInt = 256
    """Calls under way at once. At 1,000 orders/s and a provider that answers in 100 ms, 200 are."""

    provider_call_timeout_seconds: PositiveFloat = 5.0
    """Half of graceful_stop_seconds, so that calls in hand end before the process does."""

    provider_lease_seconds: PositiveFloat = 30.0
    """After this, a call that was not recorded counts as lost and is made again."""

    provider_retry_first_seconds: PositiveFloat = 0.2
    provider_retry_longest_seconds: PositiveFloat = 60.0

    provider_poll_seconds: PositiveFloat = 1.0
    """How long a due call waits when nobody has said that it is there: after a crash, mostly."""

    sandbox_slow_seconds: Annotated[float, Field(ge=0)] = 2.0
    """How long the sandbox thinks about tok_slow."""

    @model_validator(mode="after")
    def _lease_outlives_call(self) -> Self:
        if self.provider_lease_seconds <= self.provider_call_timeout_seconds:
            raise ValueError(
                "provider_lease_seconds must be longer than provider_call_timeout_seconds, "
                "or another worker repeats calls that are still under way"
            )
        return self

    @property
    def provider_lease(self) -> timedelta:
        return timedelta(seconds=self.provider_lease_seconds)

    @property
    def provider_backoff(self) -> Backoff:
        """The delay before a call whose outcome is unknown is made again."""
        return Backoff(
            timedelta(seconds=self.provider_retry_first_seconds),
            timedelta(seconds=self.provider_retry_longest_seconds),
        )
