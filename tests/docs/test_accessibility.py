"""axe-core finds nothing on any page: light, dark and on a phone."""

import json
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
VIEWS: Final = (DESK, DESK_DARK, PHONE)
PAGES: Final = {
    "docs": "document.querySelectorAll('.opblock').length > 3",
    "docs/reference": "document.querySelector('.operation')",
    "docs/events": "document.querySelector('svg')",
}
"""Each with an expression that is true when the page is complete."""
SITE_PAGES: Final = ("index.html", "start.html", "operations.html", "decisions/index.html")

# Leaves what was found in place of the page's text, where the browser reads it.
EXAMINE: Final = """(() => {
  if (!(%s)) return false;
  if (window.found) {
    document.body.innerText = JSON.stringify(window.found);
    return true;
  }
  if (!window.axe) {
    %s
    axe.run().then((result) => { window.found = result.violations; });
  }
  return false;
})()"""


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    packages = installed(HERE / "axe", ROOT / ".waybill" / "node")
    return (packages.folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(look: Look) -> Iterator[str]:
    for rule in json.loads(look.text):
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
            found += violations(await browser.look(address, view, EXAMINE % (PAGES[page], axe)))
    assert found == []


async def test_pages_of_the_site(open_browser: OpenBrowser, site: str, axe: str) -> None:
    found: list[str] = []
    async with open_browser() as browser:
        for page, view in product(SITE_PAGES, VIEWS):
            look = await browser.look(f"{site}/{page}", view, EXAMINE % ("true", axe))
            found += violations(look)
    assert found == []


async def test_a_page_that_some_cannot_read_is_found(
    open_browser: OpenBrowser, serve_text: Callable[[str], str], axe: str
) -> None:
    address = serve_text("<!doctype html><html lang=en><title>t</title><main><h1>h</h1><select>")
    async with open_browser() as browser:
        look = await browser.look(address, DESK, EXAMINE % ("true", axe))
    assert [each.rpartition(": ")[2] for each in violations(look)] == ["select"]
