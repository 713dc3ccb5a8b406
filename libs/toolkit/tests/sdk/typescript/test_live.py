"""What integrators do with the package, on the whole platform through its one door."""

import asyncio
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from waybill_toolkit.contracts.sdk.testing import EXAMPLE_ADDRESS, cutting_proxy
from waybill_toolkit.contracts.sdk.typescript.testing import Project
from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.platform.handle import Platform

PRICED: Final = "85123A"
PLENTY: Final = "TYPESCRIPT-PLENTY"
RARE: Final = "TYPESCRIPT-RARE"
UNITS: Final = {PRICED: 1, PLENTY: 50, RARE: 1}


@pytest.fixture(scope="module")
def address(platform: Platform) -> str:
    """Give the gateway's address when everything that the tests order is there."""
    address = platform.addresses["gateway"]
    asyncio.run(fill(address, UNITS))
    return address


async def fill(address: str, units: Mapping[str, int]) -> None:
    client = Client(address, address, address)
    await seed(client, {sku: Variant(sku, "", 255, "GBP") for sku in units}, units)
    client.close()


async def test_an_order_is_followed_until_it_is_confirmed(project: Project, address: str) -> None:
    output = await project.result("live", "confirmed", address, PLENTY)

    assert output["placed"]["status"] == "placed"
    assert output["final"]["status"] == "confirmed"
    assert output["location"] == f"/v1/orders/{output['final']['order_id']}"


async def test_out_of_stock_has_its_own_error_class(project: Project, address: str) -> None:
    output = await project.result("live", "outOfStock", address, RARE)

    assert output["name"] == "OrderOutOfStockError"
    assert (output["code"], output["status"], output["isRefusal"]) == (
        "out_of_stock",
        "rejected",
        True,
    )
    assert RARE in output["detail"]


async def test_each_problem_has_its_class_and_its_fields(project: Project, address: str) -> None:
    assert await project.result("live", "problems", address, RARE) == ["NOBODY SELLS THIS", 1, 412]


async def test_all_orders_are_seen_page_by_page(project: Project, address: str) -> None:
    output = await project.result("live", "pages", address, PLENTY)

    assert output["sizes"] == [2, 2, 1]
    assert output["all"] == output["atOnce"]
    assert len(set(output["all"])) == 5


async def test_no_second_order_is_placed_when_the_answer_is_cut_off(
    project: Project, address: str
) -> None:
    with cutting_proxy(address) as proxy:
        output = await project.result("live", "cut", proxy.address, PLENTY)

    assert proxy.cuts == 1
    assert output["all"] == [output["placed"]]


async def test_an_order_whose_answer_was_cut_off_is_found_again_by_its_key(
    project: Project, address: str
) -> None:
    with cutting_proxy(address) as proxy:
        output = await project.result("live", "cutForTheUser", proxy.address, PLENTY)

    assert output["before"] == output["after"] == [output["placed"]]


async def test_the_examples_of_the_readme_run(project: Project, address: str) -> None:
    for program in ("readme", "readme_headers"):
        text = (project.folder / f"{program}.js").read_text("utf-8")
        (project.folder / f"{program}.js").write_text(text.replace(EXAMPLE_ADDRESS, address))
    async with httpx.AsyncClient(base_url=address) as client:
        [first] = (await client.get("/v1/prices", params={"limit": 1})).json()["items"]
    await fill(address, {first["sku"]: 1})

    output = await asyncio.to_thread(project.run, "readme")

    [price] = first["prices"]
    assert output.startswith(f"confirmed: {price['amount_minor']} {price['currency']}\n")
    assert output.splitlines()[1].endswith("confirmed")
    assert await asyncio.to_thread(project.run, "readme_headers") == ""
