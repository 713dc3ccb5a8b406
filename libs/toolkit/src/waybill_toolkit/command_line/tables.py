"""Tables in which no id is cut: cells wrap at spaces, and a word is never broken."""

from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_WIDEST: Final = 10_000


def print_table(console: Console, table: Table) -> None:
    """Print a table, wider than the terminal if a word needs it: an id can then be copied."""
    unlimited = console.options.update(width=_WIDEST, max_width=_WIDEST)
    for column in table.columns:
        column.no_wrap, column.overflow = False, "fold"
        cells = (column.header, *column.cells)
        column.min_width = max(Measurement.get(console, unlimited, cell).minimum for cell in cells)
    smallest = Measurement.get(console, unlimited, table).minimum
    console.width = max(console.width, smallest)
    console.print(table, crop=False)
