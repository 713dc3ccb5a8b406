"""The map of events can be read in every window: its text has at least 12 pixels."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import product
from typing import Final

from waybill_toolkit.testing.browser import DESK, PHONE, Browser, View

OpenBrowser = Callable[[], AbstractAsyncContextManager[Browser]]

PAGES: Final = ("services/gateway/events.html", "services/orders.html", "services/payments.html")
TABLET: Final = View("tablet", 768, 1024, is_phone=True)
PIXELS: Final = """(() => {
  const shown = [...document.querySelectorAll(".map text, .map dt, .map dd, .map small")].filter(
    (each) => each.checkVisibility(),
  );
  const pixels = (each) =>
    parseFloat(getComputedStyle(each).fontSize) * (each.getScreenCTM?.().a ?? 1);
  return [shown.length, Math.min(...shown.map(pixels))];
})()"""


async def test_the_text_of_the_map_has_at_least_12_pixels(
    open_browser: OpenBrowser, site: str
) -> None:
    async with open_browser() as browser:
        for page, view in product(PAGES, (DESK, TABLET, PHONE)):
            look = await browser.look(f"{site}/{page}", view, value=PIXELS)
            count, pixels = look.value
            assert look.faults() == []
            assert count > 10
            assert pixels >= 12, f"{page} ({view.name}): {pixels} pixels"


async def test_a_desk_shows_the_events_as_a_picture_and_a_phone_as_a_list(
    open_browser: OpenBrowser, site: str
) -> None:
    async with open_browser() as browser:
        desk = await browser.look(f"{site}/services/orders.html", DESK)
        phone = await browser.look(f"{site}/services/orders.html", PHONE)
    flows = ("orders → order-placed.v1 → nobody yet", "inventory → stock-reserved.v1 → orders")
    assert [each in phone.text for each in flows] == [True, True]
    assert [each in desk.text for each in flows] == [False, False]
