"""One order is one trace, as a collector of OpenTelemetry receives it from all services."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
from tests.traces.conftest import TraceCollector

from waybill_toolkit.operations.traces.found import spans_of
from waybill_toolkit.operations.traces.picture import svg
from waybill_toolkit.operations.traces.stored import StoredSpan, TraceFileError
from waybill_toolkit.operations.traces.waterfall import text
from waybill_toolkit.operations.workload.client import Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.eventually import eventually

SKU = "TRACED"
NAME = "a name that is in no trace"
EVENTS = {
    "orders.order-placed.v1",
    "inventory.reserve-stock.v1",
    "inventory.stock-reserved.v1",
    "payments.authorize-payment.v2",
    "payments.payment-authorized.v1",
    "inventory.commit-stock.v1",
    "inventory.stock-committed.v1",
    "orders.order-confirmed.v1",
    "payments.capture-payment.v1",
    "payments.payment-captured.v1",
}
STEPS = {"reserve-stock", "authorize-payment", "commit-stock", "capture-payment"}
AWAY = "traces: receiver unavailable"
BACK = "traces: receiver available again; 0 spans were dropped"
COMPLETE = "saga capture-payment"


async def test_the_trace_of_an_order_has_every_service_and_event_that_it_touched(
    traced_platform: Platform, collector: TraceCollector, tmp_path: Path
) -> None:
    order = await place(traced_platform, "complete")
    spans = await trace_of(collector, order)

    assert len({each.trace_id for each in spans}) == 1
    assert {each.service for each in spans} == {"gateway", "inventory", "orders", "payments"}
    assert values(spans, "send ", "cloudevents.event_type") == EVENTS
    received = values(spans, "process ", "cloudevents.event_type")
    assert received == EVENTS - {"orders.order-placed.v1", "orders.order-confirmed.v1"}
    assert values(spans, "saga ", "waybill.saga.step") == STEPS
    provider = [each.name for each in spans if each.name.startswith("provider ")]
    assert provider == ["provider authorize", "provider capture"]
    working = {each.service for each in spans if each.name == "transaction"}
    assert working == {"inventory", "orders", "payments"}
    ids = {each.span_id for each in spans}
    assert [each.name for each in spans if each.parent_id not in ids] == ["POST /v1/orders"]
    assert NAME not in repr(spans)
    assert "tok_approve" not in repr(spans)

    assert "provider capture (approved)" in text(spans)
    (tmp_path / "order.svg").write_text(svg(spans, f"Order {order}"))


async def test_a_collector_that_is_away_costs_no_order_and_is_reported_once(
    traced_platform: Platform, collector: TraceCollector
) -> None:
    await trace_of(collector, await place(traced_platform, "before"))
    collector.stop()
    try:
        orders = [await place(traced_platform, f"away-{number}") for number in range(5)]
        for order in orders:
            await confirmed(traced_platform, order)

        async def reported() -> list[str]:
            return lines_about_receiver(traced_platform, "orders")

        await eventually("orders reports it", reported, bool)
    finally:
        collector.start()
    for order in orders:
        await trace_of(collector, order)

    async def all_reported() -> Counter[str]:
        lines = lines_about_receiver(traced_platform, "orders")
        return Counter(each.partition(",")[0] for each in lines)

    # Once in each of its two processes: one serves requests, the other one has relay and consumer.
    expected = Counter({AWAY: 2, BACK: 2})
    await eventually(
        "both processes report both",
        all_reported,
        expected.__eq__,
        fails=lambda found: found > expected,
    )


async def place(platform: Platform, key: str) -> str:
    client = client_of(platform)
    await seed(client, {SKU: Variant(SKU, NAME, 255, "GBP")}, {SKU: 100})
    client.close()
    body = {
        "customer_ref": NAME,
        "currency": "GBP",
        "lines": [{"sku": SKU, "quantity": 1}],
        "payment": {"token": "tok_approve"},
    }
    async with httpx.AsyncClient(base_url=platform.addresses["gateway"]) as gateway:
        placed = await gateway.post("/v1/orders", json=body, headers={"idempotency-key": key})
    assert placed.status_code == 201, placed.text
    return str(placed.json()["order_id"])


async def confirmed(platform: Platform, order: str) -> None:
    async with httpx.AsyncClient(base_url=platform.addresses["gateway"]) as gateway:

        async def status() -> str:
            return str((await gateway.get(f"/v1/orders/{order}")).json()["status"])

        await eventually(f"{order} is confirmed", status, lambda found: found == "confirmed")


async def trace_of(collector: TraceCollector, order: str) -> Sequence[StoredSpan]:
    """Return the trace once it has the end of the saga and what was recorded before it."""

    async def found() -> Sequence[StoredSpan]:
        try:
            return spans_of(collector.spans, order)
        except TraceFileError:
            return ()

    def is_whole(spans: Sequence[StoredSpan]) -> bool:
        known = {each.span_id for each in spans}
        missing = [each for each in spans if each.parent_id and each.parent_id not in known]
        sent = values(spans, "send ", "cloudevents.event_type")
        return any(each.name == COMPLETE for each in spans) and not missing and sent == EVENTS

    return await eventually(f"the whole trace of {order}", found, is_whole)


def values(spans: Sequence[StoredSpan], prefix: str, attribute: str) -> set[str]:
    return {each.attributes[attribute] for each in spans if each.name.startswith(prefix)}


def lines_about_receiver(platform: Platform, service: str) -> list[str]:
    log = DataFolder(platform.folder).log(service).read_text("utf-8")
    lines = [json.loads(line) for line in log.splitlines() if '"traces: receiver' in line]
    return [str(line["message"]) for line in lines]
