"""The check of events accepts what the contract allows, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from waybill_toolkit.testing.fake_service import EventContract

SERVICES = Path(__file__).parents[4] / "services"
CONTRACT = EventContract.load(
    SERVICES / "inventory" / "src" / "inventory" / "contract" / "asyncapi.json"
)
ORDER_ID = "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41"
TOPIC = "inventory.commands.v1"
HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": ORDER_ID,
    "ce_source": "orders",
    "ce_type": "inventory.commit-stock.v1",
    "ce_time": "2026-11-22T09:30:00Z",
    "content-type": "application/json",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


def test_an_event_passes_when_the_contract_has_it() -> None:
    CONTRACT.check(TOPIC, ORDER_ID, HEADERS, {"order_id": ORDER_ID})


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("has no event", {"headers": {**HEADERS, "ce_type": "inventory.commit-stock.v2"}}),
        ("ce_time", {"headers": {**HEADERS, "ce_time": "yesterday"}}),
        ("'traceparent' is a required", {"headers": {**HEADERS} | {"traceparent": None}}),
        ("its topic is", {"topic": "inventory.reservation-events.v1"}),
        ("its key", {"key": "other"}),
        ("'order_id' is a required", {"data": {}}),
        ("is not a 'uuid'", {"data": {"order_id": "1"}}),
    ],
)
def test_an_event_is_refused_when_the_contract_does_not_have_it(
    what: str, changes: dict[str, Any]
) -> None:
    event: dict[str, Any] = {"topic": TOPIC, "key": ORDER_ID, "headers": HEADERS}
    event |= {"data": {"order_id": ORDER_ID}} | changes
    event["headers"] = {name: value for name, value in event["headers"].items() if value}

    with pytest.raises(AssertionError, match=what):
        CONTRACT.check(**event)
