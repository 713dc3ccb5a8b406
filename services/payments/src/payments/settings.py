"""The settings of payments, in addition to those of every service."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import DirectoryPath, Field, PositiveFloat, PositiveInt, model_validator

from payments.backoff import Backoff
from waybill.process.settings import Settings


class PaymentsSettings(Settings):
    """Read from environment variables with the prefix WAYBILL_."""

    service: str = "payments"

    token_keys: DirectoryPath
    """The folder of the keys that decrypt payment tokens, the same as that of orders."""

    provider_calls_max: PositiveInt = 256
    """Concurrent calls. 1,000 orders/s and a provider that responds in 100 ms need 200."""

    provider_call_timeout_seconds: PositiveFloat = 5.0
    """Half of graceful_stop_seconds, so that calls in progress end before the process does."""

    provider_lease_seconds: PositiveFloat = 30.0
    """A call whose response is not recorded within this time is repeated."""

    provider_retry_first_seconds: PositiveFloat = 0.2
    provider_retry_longest_seconds: PositiveFloat = 60.0

    provider_poll_seconds: PositiveFloat = 1.0
    """The interval of polling for due calls without a notification, for example after a crash."""

    sandbox_slow_seconds: Annotated[float, Field(ge=0)] = 2.0
    """The delay of the sandbox for tok_slow."""

    @model_validator(mode="after")
    def _lease_outlives_call(self) -> Self:
        if self.provider_lease_seconds <= self.provider_call_timeout_seconds:
            raise ValueError(
                "provider_lease_seconds must be longer than provider_call_timeout_seconds, "
                "otherwise another worker repeats calls that are still in progress"
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
