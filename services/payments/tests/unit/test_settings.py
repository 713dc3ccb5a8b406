import pytest
from pydantic import ValidationError

from payments.settings import PaymentsSettings


def test_lease_is_refused_when_calls_may_outlive_it() -> None:
    with pytest.raises(ValidationError, match="longer than provider_call_timeout_seconds"):
        PaymentsSettings.model_validate(
            {
                "database_url": "postgresql://localhost/payments",
                "kafka_bootstrap_servers": "localhost:1",
                "access": "open",
                "provider_lease_seconds": 5,
                "provider_call_timeout_seconds": 5,
            }
        )
