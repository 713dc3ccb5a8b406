"""The dashboards, drawn in a real browser; parts of them are kept in docs/pictures."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from tests.dashboards.queries import DASHBOARDS, EMPTY, Observed

from waybill_toolkit.platform.observe.configuration import SCRAPE_SECONDS
from waybill_toolkit.platform.observe.vmui import vmui_dashboard
from waybill_toolkit.testing.browser import (
    PROGRAMS,
    Browser,
    View,
    connected,
    find_browser,
    running_browser,
)

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
WRITE: Final = "WAYBILL_WRITE_PICTURES"
PICTURES: Final = {
    "overview": "Orders",
    "kafka": "Outbox and relay",
    "sagas": "Moving",
    "postgresql": "Transactions",
}
"""The row of a dashboard that is kept as a picture: with at most three panels, it is visible."""
WHOLE: Final = View("whole", 1400, 10_000)
"""As high as the longest dashboard: vmui asks for the data of what is visible."""
_DASHBOARD_SECONDS_MAX: Final = 240.0
"""The longest has 30 graphs: 28 s on a busy machine."""
_WAIT_SECONDS: Final = 10.0
PART: Final = View("part", 1400, 1000)
_OPEN: Final = """(() => {
  const wanted = %s;
  const tab = [...document.querySelectorAll(".vm-predefined-panels-tabs__tab")].find(
    (each) => each.textContent === wanted.tab
  );
  if (!tab) return false;
  if (!tab.className.includes("_active")) { tab.click(); return false; }
  for (const row of document.querySelectorAll(
    ".vm-predefined-dashboard > .vm-accordion-header"
  )) {
    const isWanted = wanted.rows.some((each) => row.textContent.startsWith(each));
    if (row.className.includes("_open") !== isWanted) { row.click(); return false; }
  }
  const drawn = [...document.querySelectorAll(".vm-predefined-panel")].filter(
    (each) => each.querySelector("canvas") && each.querySelector(".vm-legend-item")
  );
  return drawn.length >= wanted.panels && !document.querySelector(".vm-spinner");
})()"""
"""Opens rows of a dashboard, and closes all others: true when so many panels have series."""


def opened(tab: str, rows: Sequence[dict[str, Any]], panels: int) -> str:
    """Return the expression that opens these rows, and is true when so many panels are drawn."""
    titles = [each["title"] for each in rows]
    return _OPEN % json.dumps({"tab": tab, "rows": titles, "panels": panels})


def with_data(rows: Sequence[dict[str, Any]], stem: str) -> int:
    """Return how many panels have data."""
    panels = (panel["title"] for row in rows for panel in row["panels"])
    return sum(f"{stem}: {each}" not in EMPTY for each in panels)


def address(observed: Observed) -> str:
    """Return the page, for the time of the orders."""
    seconds = round(observed.ended - observed.began)
    end = datetime.fromtimestamp(observed.ended, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    time = {
        "g0.range_input": f"{seconds}s",
        "g0.end_input": end,
        "g0.relative_time": "none",
        "g0.step_input": f"{SCRAPE_SECONDS}s",
    }
    return f"{observed.platform.observers['dashboards']}?{urlencode(time)}"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(PROGRAMS)}")
    with running_browser(program, tmp_path / "browser") as address_of_browser:
        async with connected(address_of_browser) as browser:
            yield browser


async def test_every_panel_with_data_is_drawn(observed: Observed, browser: Browser) -> None:
    for file in sorted(DASHBOARDS.glob("*.json")):
        drawn = vmui_dashboard(json.loads(file.read_bytes()))
        tab, rows = drawn["title"], drawn["rows"]
        ready = opened(tab, rows, with_data(rows, file.stem))
        look = await browser.look(
            address(observed), WHOLE, ready, within_seconds=_DASHBOARD_SECONDS_MAX
        )
        assert look.errors == []
        if os.environ.get(WRITE) and file.stem in PICTURES:
            rows = [each for each in rows if each["title"] == PICTURES[file.stem]]
            ready = opened(tab, rows, with_data(rows, file.stem))
            look = await browser.look(address(observed), PART, ready)
            (FOLDER / f"dashboard-{file.stem}.png").write_bytes(look.picture)


async def test_a_panel_without_series_is_not_drawn(observed: Observed, browser: Browser) -> None:
    ready = opened("overview", [{"title": "Alerts"}], 1)
    with pytest.raises(TimeoutError):
        await browser.look(address(observed), PART, ready, within_seconds=_WAIT_SECONDS)
