"""The dashboards, drawn in a real browser; those of `PICTURES` are kept in docs/pictures."""

import json
import os
from pathlib import Path
from typing import Final

import pytest
from tests.dashboards.queries import DASHBOARDS, Observed

from waybill_toolkit.platform.observe.vmui import vmui_dashboard
from waybill_toolkit.testing.browser import PROGRAMS, View, find_browser, running_browser

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
WRITE: Final = "WAYBILL_WRITE_PICTURES"
PICTURES: Final = {"overview": "Orders", "orders": "Requests", "kafka": "Outbox and relay"}
"""The row of each dashboard that is pictured."""
_VIEW: Final = View("drawn", 1280, 760)
_RANGE: Final = "g0.range_input=5m&g0.relative_time=last_5_minutes"
_OPEN: Final = """(() => {
  const named = (selector, name) =>
    [...document.querySelectorAll(selector)].find((each) => each.innerText.startsWith(name));
  const tab = named(".vm-predefined-panels-tabs__tab", %s);
  if (!tab) return false;
  if (!tab.className.includes("_active")) { tab.click(); return false; }
  for (const row of document.querySelectorAll(".vm-accordion-header")) {
    if (row.className.includes("_open") !== row.innerText.startsWith(%s)) {
      row.click();
      return false;
    }
  }
  const panels = [...document.querySelectorAll(".vm-predefined-panel")];
  return panels.length && !document.querySelector(".vm-spinner")
    && panels.every((each) => each.querySelector("canvas"));
})()"""
"""Opens one row of a dashboard, and closes all others: true when each panel of it is drawn."""


def tabs_and_rows(file: Path) -> tuple[str, list[str]]:
    """Return the name of a dashboard's tab, and the titles of its rows."""
    drawn = vmui_dashboard(json.loads(file.read_bytes()))
    return drawn["title"], [each["title"] for each in drawn["rows"]]


async def test_every_row_is_drawn(observed: Observed, tmp_path: Path) -> None:
    program = find_browser()
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(PROGRAMS)}")
    page = f"{observed.platform.observers['dashboards']}?{_RANGE}"
    async with running_browser(program, tmp_path / "browser") as browser:
        for file in sorted(DASHBOARDS.glob("*.json")):
            tab, rows = tabs_and_rows(file)
            for row in rows:
                look = await browser.look(page, _VIEW, _OPEN % (json.dumps(tab), json.dumps(row)))
                assert look.errors == []
                if os.environ.get(WRITE) and PICTURES.get(file.stem) == row:
                    (FOLDER / f"dashboard-{file.stem}.png").write_bytes(look.picture)
