import pytest
from pydantic import ValidationError

from payments.settings import PaymentsSettings


def test_lease_is_refused_when_it_is_not_longer_than_a_call() -> None:
    with pytest.raises(ValidationError, match="longer than provider_call_timeout_seconds"):
        PaymentsSettings.model_validate(
            {
                "database_url": "postgresql://localhost/payments",
                "kafka_bootstrap_servers": "localhost:1",
                "access": "open",
                "token_keys": "/",
                "provider_lease_seconds": 5,
                "provider_call_timeout_seconds": 5,
            }
        )
