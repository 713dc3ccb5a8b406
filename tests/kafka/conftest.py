"""The whole platform on a cluster of Apache Kafka that it does not run."""

import os
from pathlib import Path

import pytest

from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.testing.plugin import TESTED_BROKER


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These start clusters of their own, which needs Java."""
    if os.environ.get(TESTED_BROKER) == BrokerKind.KAFKA:
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs Java: make test-kafka"))
