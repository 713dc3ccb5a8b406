"""The package of today before the platform as a later version of it would answer."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.sdk.tomorrow import (
    CODE,
    STATUS,
    TRACE_ID,
    VALUE,
    TomorrowProxy,
    tomorrow,
)
from waybill_toolkit.contracts.sdk.typescript.testing import Project
from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.platform.handle import Platform

SKU: Final = "TYPESCRIPT-TOMORROW"


@pytest.fixture(scope="module")
def proxy(platform: Platform) -> Iterator[TomorrowProxy]:
    address = platform.addresses["gateway"]
    asyncio.run(fill(address))
    with tomorrow(address) as proxy:
        yield proxy


async def fill(address: str) -> None:
    client = Client(address, address, address)
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 50})
    client.close()


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ("passedOn", {"statuses": [STATUS, STATUS], "gift": VALUE, "nested": VALUE}),
        ("loop", 1),
        ("garbled", {"status": 201, "hasTrace": True, "count": 1}),
        ("follow", {"status": "confirmed", "last": STATUS, "statusCode": 200, "path": True}),
        ("refused", ["OrderRefusedError", CODE, "Not tonight.", VALUE]),
        (
            "problems",
            [
                ["ProblemError", 409, TRACE_ID, "T", VALUE, True],
                ["ProblemError", 422, TRACE_ID, "", None, True],
            ],
        ),
        ("html", ["UnexpectedAnswerError", 502, "text/html", "<html>"]),
        ("network", [1, 1, True]),
    ],
)
async def test_a_program_of_today_survives_the_api_of_tomorrow(
    project: Project, proxy: TomorrowProxy, what: str, outcome: Any
) -> None:
    assert await project.result("tomorrow", what, proxy.at("").rstrip("/"), SKU) == outcome
