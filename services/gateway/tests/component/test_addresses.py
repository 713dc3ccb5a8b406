"""Services with several addresses, and services that are found by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waybill.calls.breaker import FAILURES_MAX
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_http_service import FakeHttpService

if TYPE_CHECKING:
    from services.gateway.tests.conftest import OpenChecked


async def test_a_request_goes_to_the_next_address_when_it_did_not_reach_the_first(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    async with FakeHttpService() as dead:
        pass
    both = f"{dead.address},{service.address}"
    async with open_checked(upstreams={"orders": both}) as client:
        answers = [
            (await client.post("/v1/orders", content=b"{}")).status_code
            for _ in range(2 * FAILURES_MAX)
        ]
        metrics = (await client.get("/metrics")).text

    assert answers == [200] * len(answers)
    assert len(service.asked) == len(answers)
    assert 'waybill_upstream_up{service="orders"} 1.0' in metrics


async def test_a_service_is_found_by_its_name_in_dns(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    named = f"dns+http://localhost:{service.port}"
    async with open_checked(upstreams={"orders": named}) as client:

        async def ask() -> int:
            return (await client.get("/v1/orders")).status_code

        await eventually("the first look-up", ask, lambda status: status == 200)
