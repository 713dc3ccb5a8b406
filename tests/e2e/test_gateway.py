"""The whole platform through the gateway."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest_asyncio

import gateway
from waybill_toolkit.operations.workload.client import APPROVED, Client, Line, Variant, WantedOrder
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.eventually import order_reaches, read

CONTRACT: Final = Contract.load(Path(gateway.__file__).with_name("contract") / "openapi.json")
SKU: Final = "THROUGH THE DOOR"


@pytest_asyncio.fixture
async def public_api(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway; every response is checked against the merged contract."""
    async with CONTRACT.client(base_url=platform.addresses["gateway"], timeout=30) as client:
        yield client


async def test_an_order_is_placed_followed_and_read_through_the_gateway(
    platform: Platform, public_api: httpx.AsyncClient
) -> None:
    address = platform.addresses["gateway"]
    client = Client(address, address, address)
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 5})

    placed = await client.place_order(WantedOrder("door-1", "c", "GBP", [Line(SKU, 2)], APPROVED))
    client.close()

    await order_reaches(public_api, placed.order_id, "confirmed")
    history = await read(public_api, f"/v1/orders/{placed.order_id}/history")
    assert history["transitions"][-1]["number"] == len(history["transitions"])
    assert (await public_api.get(f"/v1/stock/{SKU}")).json()["committed"] == 2
    payments = (await public_api.get("/v1/payments", params={"order_id": placed.order_id})).json()
    assert [each["order_id"] for each in payments["items"]] == [placed.order_id]
    assert (await audit_when_settled(platform)).is_ok


async def test_every_service_shows_its_pages_which_are_not_in_the_checkout(
    platform: Platform,
) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        for name, address in platform.addresses.items():
            reference = await client.get(f"{address}/docs/reference")
            assert reference.status_code == 200, reference.text
            assert f"<title>{name}: Reference</title>" in reference.text
            assert 'class="method' in reference.text


async def test_a_service_that_was_killed_answers_at_the_door_when_it_is_back(
    platform: Platform, public_api: httpx.AsyncClient
) -> None:
    killed = platform.kill("payments")

    assert (await public_api.get("/v1/orders")).status_code == 200
    platform.wait_until_replaced(killed, "payments")
    assert (await public_api.get("/v1/payments")).status_code == 200


async def test_one_trace_goes_through_the_door_and_the_service(
    platform: Platform, public_api: httpx.AsyncClient
) -> None:
    trace_id = "5bf92f3577b34da6a3ce929d0e0e4737"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}

    problem = await public_api.get("/v1/variants/NOT-THERE", headers=headers)

    assert problem.headers["x-trace-id"] == problem.json()["trace_id"] == trace_id
    assert problem.json()["instance"] == "/v1/variants/NOT-THERE"


async def test_the_door_knows_the_contracts_that_the_services_serve(
    platform: Platform, public_api: httpx.AsyncClient
) -> None:
    merged = (await public_api.get("/openapi.json")).json()
    for service, address in platform.addresses.items():
        if service == "gateway":
            continue
        async with httpx.AsyncClient(base_url=address) as client:
            paths = (await client.get("/openapi.json")).json()["paths"]
            own_events = (await client.get("/asyncapi.json")).json()
        assert paths.keys() <= merged["paths"].keys()
        events = (await public_api.get(f"/asyncapi/{service}.json")).json()
        assert events == own_events
        [(name, server)] = events["servers"].items()
        assert (name, server["host"]) == ("kafka", platform.bootstrap_servers)
        assert server["security"] == [{"$ref": "#/components/securitySchemes/sasl"}]
    assert "bearer" not in json.dumps(merged["paths"])  # access is open
