"""axe-core finds nothing on any page: light, dark and on a phone."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from waybill_toolkit.contracts.node.packages import installed
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.browser import DESK, DESK_DARK, PHONE, Browser, Look

OpenBrowser = Callable[[], AbstractAsyncContextManager[Browser]]

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
ALL: Final = "WAYBILL_ALL_PAGES" in os.environ
VIEWS: Final = (DESK, DESK_DARK, PHONE) if ALL else (PHONE,)
PAGES: Final = {
    "docs": "document.querySelectorAll('.opblock').length > 3",
    "docs/reference": "document.querySelector('.operation')",
    "docs/events": "document.querySelector('svg')",
}
"""Each with an expression that is true when the page is complete."""
KINDS: Final = (
    "index.html",
    "operations.html",
    "decisions/index.html",
    "services/orders.html",
    "services/gateway/reference.html",
    "services/gateway/events.html",
    "source/contracts/orders/openapi.yaml.html",
)
"""A page of each kind: those of a kind differ in their text. axe-core takes seconds for each."""
SEARCHING: Final = """(() => {
  const input = document.querySelector(".search input");
  if (input && !input.value) {
    input.focus();
    input.value = "order";
    input.dispatchEvent(new Event("input"));
  }
  return document.querySelector("#found li");
})()"""


@pytest.fixture
def site_pages(site_folder: Path) -> list[str]:
    return sorted(str(each.relative_to(site_folder)) for each in site_folder.rglob("*.html"))


@pytest.fixture(scope="session")
def axe() -> str:
    """Run axe-core, and promise what it finds."""
    packages = installed(HERE / "axe", ROOT / ".waybill" / "node")
    script = packages.folder / "node_modules" / "axe-core" / "axe.min.js"
    return f"{script.read_text('utf-8')}; axe.run().then((result) => result.violations)"


def violations(look: Look) -> Iterator[str]:
    for rule in look.value:
        elements: list[dict[str, Any]] = rule["nodes"]
        places = ", ".join(" ".join(element["target"]) for element in elements[:3])
        yield f"{look.url} ({look.view.name}): {rule['help']}: {places}"


async def test_pages_of_the_services(
    open_browser: OpenBrowser, platform: Platform, axe: str
) -> None:
    found: list[str] = []
    async with open_browser() as browser:
        for page, view in product(PAGES, VIEWS):
            address = f"{platform.addresses['gateway']}/{page}"
            found += violations(await browser.look(address, view, PAGES[page], value=axe))
    assert found == []


async def test_a_page_of_each_kind(open_browser: OpenBrowser, site: str, axe: str) -> None:
    found: list[str] = []
    async with open_browser() as browser:
        for page, view in product(KINDS, VIEWS):
            look = await browser.look(f"{site}/{page}", view, value=axe)
            found += violations(look)
    assert found == []


@pytest.mark.skipif(not ALL, reason="takes minutes: make pages")
async def test_every_other_page_of_the_site(
    open_browser: OpenBrowser, site: str, site_pages: list[str], axe: str
) -> None:
    others = sorted(set(site_pages).difference(KINDS))
    assert len(others) == len(site_pages) - len(KINDS) > 100
    found: list[str] = []
    async with open_browser() as browser:
        for page in others:
            look = await browser.look(f"{site}/{page}", PHONE, value=axe)
            found += violations(look)
    assert found == []


async def test_the_results_of_a_search(open_browser: OpenBrowser, site: str, axe: str) -> None:
    found: list[str] = []
    async with open_browser() as browser:
        for view in VIEWS:
            address = f"{site}/services/orders/reference.html"
            look = await browser.look(address, view, SEARCHING, value=axe)
            found += violations(look)
    assert found == []


async def test_a_page_that_some_cannot_read_is_found(
    open_browser: OpenBrowser, serve_text: Callable[[str], str], axe: str
) -> None:
    page = "<!doctype html><html lang=en><title>t</title><main><h1 id=found>h</h1><select>"
    address = serve_text(page)
    async with open_browser() as browser:
        look = await browser.look(address, DESK, value=axe)
    assert [each.rpartition(": ")[2] for each in violations(look)] == ["select"]
