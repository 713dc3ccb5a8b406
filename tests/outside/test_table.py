"""docs/outside.md says what this run saw, and names the versions that are pinned now."""

import os
import re
from typing import Final

from tests.outside.conftest import Api
from tests.outside.rows import rows
from tests.outside.tools import PINS, ROOT

PAGE: Final = ROOT / "docs" / "outside.md"
WRITE_TABLE: Final = "WAYBILL_WRITE_TABLE"
AS_IT_IS: Final = "the page differs; run WAYBILL_WRITE_TABLE=1 make outside"
HEAD: Final = ("Tool", "Version", "What it did", "What it needed", "A problem arrives as")


def read_table() -> list[tuple[str, ...]]:
    """Read the rows of the page."""
    lines = re.findall(r"^\| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [tuple(line.split(" | ")) for line in lines[2:]]


def write_table(table: list[tuple[str, ...]]) -> None:
    """Replace the table of the page."""
    lines = [f"| {' | '.join(row)} |\n" for row in (HEAD, ("---",) * len(HEAD), *table)]
    text = re.sub(
        r"(^\|.*\n)+", lambda _: "".join(lines), PAGE.read_text("utf-8"), flags=re.MULTILINE
    )
    PAGE.write_text(text, encoding="utf-8")


def test_the_page_says_what_this_run_saw(api: Api) -> None:
    """Comes after the tests of the tools, which have noted how a problem arrived."""
    seen = [(*row, api.presented[row[0]]) for row in rows() if row[0] in api.presented]
    if os.environ.get(WRITE_TABLE):
        assert len(seen) == len(list(rows())), "not all tools were run: the page is as it was"
        write_table(seen)

    assert seen, "no tool was run"
    assert set(seen) <= set(read_table()), AS_IT_IS


def test_the_page_names_each_tool_in_its_pinned_version() -> None:
    assert [row[:-1] for row in read_table()] == list(rows()), AS_IT_IS


def test_no_lock_file_has_the_address_of_a_registry() -> None:
    lock = (PINS / "node" / "package-lock.json").read_text("utf-8")
    python = (PINS / "python" / "requirements.lock").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "://" not in python
