"""Every page in a browser. The screenshots are kept in build/screenshots/."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import product
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.browser import DESK, DESK_DARK, PHONE, PHONE_DARK, Browser, Look

OpenBrowser = Callable[[], AbstractAsyncContextManager[Browser]]

PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"
SITE_PAGES: Final = {
    "index.html": "It never loses an order",
    "start.html": "Place an order yourself",
    "concepts.html": "the outbox is the record",
    "operations.html": "WAYBILL_DATABASE_URL",
    "services/payments.html": "WAYBILL_PROVIDER_LEASE_SECONDS",
    "services/gateway/reference.html": "Place an order",
    "services/gateway/events.html": "orders.order-placed.v1",
    "decisions/index.html": "1. An event handler gets a sequence of events",
}
"""Pages, each with a text that it shows. Other pages are generated in the same way."""
DARK_PAGES: Final = ("services/payments.html", "services/gateway/events.html")


def keep(look: Look, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}.{look.view.name}.png").write_bytes(look.picture)


async def test_site_is_read_without_faults(open_browser: OpenBrowser, site: str) -> None:
    looks = [*product(SITE_PAGES, (DESK, PHONE)), *product(DARK_PAGES, (DESK_DARK, PHONE_DARK))]
    faults: list[str] = []
    async with open_browser() as browser:
        for page, view in looks:
            look = await browser.look(f"{site}/{page}", view)
            keep(look, "site." + page.removesuffix(".html").replace("/", "."))
            faults += look.faults()
            if SITE_PAGES[page].lower() not in look.text.lower():
                faults.append(f"{page}: it does not show {SITE_PAGES[page]!r}")
    assert faults == []


async def test_every_service_and_the_gateway_show_their_pages(
    open_browser: OpenBrowser, platform: Platform
) -> None:
    pages = {"reference": "Problems", "events": "Envelope", "": "OAS 3.1"}  # the last: Swagger UI
    looks = [
        *product(platform.addresses, pages, [DESK]),
        *product(["gateway"], pages, [PHONE_DARK]),
    ]
    faults: list[str] = []
    async with open_browser() as browser:
        for service, page, view in looks:
            address = f"{platform.addresses[service]}/docs/{page}".rstrip("/")
            shows = f"document.body.innerText.includes({pages[page]!r})"
            look = await browser.look(address, view, shows)
            keep(look, f"{service}.{page or 'try'}")
            faults += look.faults()
    assert faults == []


async def test_a_page_with_a_fault_is_found_out(
    open_browser: OpenBrowser, serve_text: Callable[[str], str]
) -> None:
    faults = {
        "<p>fine</p>": [],
        "<script>console.error('broken')</script>": ["console: broken"],
        "<script>nothing()</script>": ["console: ReferenceError: nothing is not defined"],
        "<img src='no.png'>": ["console: Failed to load resource"],
        "<img src='http://cdn.test/x.png'>": ["request to another host: http://cdn.test/x.png"],
        "<p style='width: 2000px'>wide</p>": [f"2000 pixels wide in a window of {DESK.width}"],
    }
    async with open_browser() as browser:
        for page, expected in faults.items():
            address = serve_text(f"<!doctype html><body style='margin:0'>{page}")
            look = await browser.look(address, DESK)
            found = "\n".join(look.faults())
            assert all(each in found for each in expected), found
            assert bool(found) == bool(expected)
