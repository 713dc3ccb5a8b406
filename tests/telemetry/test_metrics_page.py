"""docs/telemetry.md names every metric of a running platform, and no other."""

import asyncio
import os

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.telemetry.metrics_table import PAGE, declared, table, written

from waybill.metrics import DECLARED, reading
from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.eventually import eventually

WRITE_TABLE = "WAYBILL_WRITE_TABLE"
SKU = "MEASURED"
_REPEATED = {
    "customer_ref": "c",
    "currency": "GBP",
    "lines": [{"sku": SKU, "quantity": 1}],
    "payment": {"token": "tok_approve"},
}

RARE = {
    "waybill_background_silent_seconds": "needs a background process",
    "waybill_call_duration_seconds": "needs a call of a service: the gateway exchanges API keys",
    "waybill_call_retries_total": "needs a service that fails",
    "waybill_calls_last_known_total": "needs a service that fails",
    "waybill_calls_running": "needs an issuer of tokens",
    "waybill_calls_running_max": "needs an issuer of tokens",
    "waybill_calls_total": "needs a call of a service: the gateway exchanges API keys",
    "waybill_consumer_batch_retries_total": "needs a conflict",
    "waybill_contract_violations_total": "needs an answer that breaks the contract",
    "waybill_guess_attempts_total": "needs a login",
    "waybill_http_limit_refusals_total": "needs a request that is no HTTP",
    "waybill_rate_limit_store_up": "needs a store",
    "waybill_saga_timeouts_total": "needs minutes of silence",
    "waybill_tokens_issued_total": "needs a client with a secret",
    "waybill_trace_receiver_up": "needs a receiver of traces",
    "waybill_trace_spans_dropped_total": "needs a receiver of traces",
    "waybill_trace_spans_sent_total": "needs a receiver of traces",
}
"""What an open platform that has taken some orders does not show, each with its reason."""


def test_the_table_of_the_page_is_that_of_the_declarations() -> None:
    page = PAGE.read_text("utf-8")
    if os.environ.get(WRITE_TABLE):
        page = page.replace(written(page), table(declared()))
        PAGE.write_text(page, "utf-8")
    assert written(page) == table(declared()), "run make metrics-table"


def test_every_declaration_is_in_the_table_once() -> None:
    listed = [each.name for group in declared().values() for each in group]
    assert sorted(listed) == sorted(set(listed))
    assert not {name for name in DECLARED if "_test_" not in name} - set(listed)


def test_a_metric_that_the_page_lacks_is_found() -> None:
    groups = declared()
    try:
        reading("waybill_test_forgotten", "Things.", unit="things")
        groups["Requests"].append(DECLARED["waybill_test_forgotten"])
        assert written(PAGE.read_text("utf-8")) != table(groups)
    finally:
        del DECLARED["waybill_test_forgotten"]


async def test_a_running_platform_has_the_metrics_of_the_page_and_no_others(
    platform: Platform,
) -> None:
    client: Client = client_of(platform)
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 2})
    async with httpx.AsyncClient(base_url=platform.addresses["gateway"]) as gateway:
        for body, key in (
            (_REPEATED, "measured-1"),
            (_REPEATED, "measured-1"),
            ({**_REPEATED, "lines": [{"sku": SKU, "quantity": 9}]}, "measured-2"),
            ({**_REPEATED, "payment": {"token": "tok_decline"}}, "measured-3"),
            ({**_REPEATED, "lines": []}, "measured-4"),
        ):
            await gateway.post("/v1/orders", json=body, headers={"idempotency-key": key})
    page = {each.name for group in declared().values() for each in group}

    async def missing() -> set[str]:
        return page - await _shown(platform) - RARE.keys()

    await eventually("every metric is shown", missing, lambda found: not found)
    client.close()
    assert {name for name in await _shown(platform) if name.startswith("waybill_")} <= page


@pytest.mark.parametrize("name", RARE)
def test_what_is_rare_is_declared(name: str) -> None:
    declared()
    assert name in DECLARED


async def _shown(platform: Platform) -> set[str]:
    """Return the names that have a value in the /metrics of any service."""
    async with httpx.AsyncClient() as client:
        pages = await asyncio.gather(
            *(client.get(f"{address}/metrics") for address in platform.addresses.values())
        )
    found: set[str] = set()
    for page in pages:
        for family in text_string_to_metric_families(page.text):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            found |= {name} if family.samples else set()
    return found
