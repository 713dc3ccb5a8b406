"""One order has one trace id, which is in the log of every service that worked on it."""

import json

import httpx
from prometheus_client.parser import text_string_to_metric_families

from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.eventually import eventually

SKU = "TRACED"
WORKED = ["gateway", "inventory", "orders", "payments"]


async def test_the_trace_id_of_an_order_is_in_the_log_of_every_service(platform: Platform) -> None:
    client: Client = client_of(platform)
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 10})
    trace_id = "5bd66ef5095369c7b0d1f8f4bd33716a"
    body = {
        "customer_ref": "c",
        "currency": "GBP",
        "lines": [{"sku": SKU, "quantity": 1}],
        "payment": {"token": "tok_approve"},
    }
    headers = {
        "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01",
        "idempotency-key": "traced",
    }
    async with httpx.AsyncClient(base_url=platform.addresses["gateway"]) as gateway:
        placed = await gateway.post("/v1/orders", json=body, headers=headers)
        assert placed.headers["x-trace-id"] == trace_id

    async def logged() -> list[str]:
        return [name for name in WORKED if trace_id in _log(platform, name)]

    await eventually(f"{trace_id} in {WORKED}", logged, lambda found: found == WORKED)
    lines = [json.loads(line) for line in _log(platform, "orders").splitlines() if trace_id in line]
    [request] = [line for line in lines if line["message"] == "POST /v1/orders 201"]
    assert request["trace_id"] == trace_id
    client.close()


async def test_every_service_has_metrics(platform: Platform) -> None:
    async with httpx.AsyncClient() as client:
        for name, address in platform.addresses.items():
            metrics = await client.get(f"{address}/metrics")
            families = {family.name for family in text_string_to_metric_families(metrics.text)}
            if name in platform.databases:
                assert {"waybill_outbox_events", "waybill_dead_letters"} <= families, name
                assert "waybill_database_up 1.0" in metrics.text
            assert metrics.status_code == 200


def _log(platform: Platform, name: str) -> str:
    return DataFolder(platform.folder).log(name).read_text("utf-8")
