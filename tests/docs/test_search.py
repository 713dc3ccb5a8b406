"""The search of the reference, with the keyboard, in a real browser."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import pytest

from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.browser import DESK, PHONE, Browser, View

OpenBrowser = Callable[[], AbstractAsyncContextManager[Browser]]

PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"
REFERENCE: Final = "services/gateway/reference.html"
READY: Final = "document.querySelector('.search')"
RESULTS: Final = """[...document.querySelectorAll("#found li")].map((each) => each.innerText)"""
PLACE: Final = "[location.hash, document.activeElement.id]"


async def results(browser: Browser, address: str, query: str) -> list[str]:
    look = await browser.look(address, DESK, READY, keys=["/", *query], value=RESULTS)
    assert look.faults() == []
    found: list[str] = look.value
    return found


async def test_operations_problems_and_schemas_are_found(
    open_browser: OpenBrowser, site: str
) -> None:
    address = f"{site}/{REFERENCE}"
    async with open_browser() as browser:
        cancel = await results(browser, address, "cancel order")
        assert cancel[0].startswith("Cancel an order POST /v1/orders/{order_id}/cancellation")
        assert "price-changed problem" in await results(browser, address, "price-changed")
        assert "Money schema" in await results(browser, address, "money")
        assert await results(browser, address, "no such thing") == []


async def test_events_are_found(open_browser: OpenBrowser, site: str) -> None:
    address = f"{site}/services/gateway/events.html"
    async with open_browser() as browser:
        [first, *_] = await results(browser, address, "stock-reserved")
    assert first.startswith("inventory.stock-reserved.v1")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["/", *"cancel order", "Enter"], ["#cancel_order", "cancel_order"]),
        (["/", *"place order", "ArrowDown", "ArrowUp", "Enter"], ["#place_order", "place_order"]),
        (["/", *"cancel order", "Escape", "Enter"], ["", ""]),
        (["c", *"ancel order", "Enter"], ["", ""]),
    ],
)
async def test_the_keyboard_goes_to_a_result(
    open_browser: OpenBrowser, site: str, keys: list[str], place: list[str]
) -> None:
    async with open_browser() as browser:
        look = await browser.look(f"{site}/{REFERENCE}", DESK, READY, keys=keys, value=PLACE)
    assert look.value == place


@pytest.mark.parametrize("view", [DESK, PHONE])
async def test_a_service_has_the_search_and_it_fits_the_window(
    open_browser: OpenBrowser, platform: Platform, view: View
) -> None:
    address = f"{platform.addresses['orders']}/docs/reference"
    async with open_browser() as browser:
        look = await browser.look(address, view, READY, keys=["/", *"order"], value=RESULTS)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"search.{view.name}.png").write_bytes(look.picture)
    assert look.faults() == []
    assert "Place an order POST /v1/orders" in look.value


async def test_a_page_without_a_reference_has_no_search(
    open_browser: OpenBrowser, site: str
) -> None:
    async with open_browser() as browser:
        look = await browser.look(f"{site}/concepts.html", DESK, value=f"Boolean({READY})")
    assert look.value is False
