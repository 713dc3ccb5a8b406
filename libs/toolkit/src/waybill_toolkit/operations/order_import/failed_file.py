"""Writes the orders that were not placed to a file of the form that was read.

All rows of an order are in it, so that it can be mended and imported: its other rows were not
placed either. A column `import_error` has the reasons.
"""

import csv
import io
from itertools import count
from pathlib import Path
from typing import Final

from waybill_toolkit.operations.order_import.findings import FailedLine, Findings
from waybill_toolkit.operations.order_import.text_file import TextForm, split_cells

ERROR_COLUMN: Final = "import_error"


def default_path(source: Path) -> Path:
    """Return a path in the current folder that does not exist: `orders.failed.csv`."""
    names = (f"{source.stem}.failed{f'-{n}' if n > 1 else ''}{source.suffix}" for n in count(1))
    return next(path for path in map(Path, names) if not path.exists())


def write_failed(path: Path, findings: Findings, form: TextForm) -> None:
    """Write the file. Raises OSError."""
    width = len(form.header) - (ERROR_COLUMN in form.header[-1:])
    with path.open("x", encoding=form.encoding, errors="replace", newline="") as file:
        file.write(_row([*form.titles[:width], ERROR_COLUMN], form))
        for line in findings.failed_lines():
            file.write(_with_reason(line, form, width))


def _with_reason(line: FailedLine, form: TextForm, width: int) -> str:
    reason = f"line {line.line_number}: {line.reason or line.order_reason}"
    try:
        cells = split_cells(line.record, form.separator)
    except csv.Error:
        return f"{line.record}{form.separator}{reason}{form.line_end}"
    if len(cells) == width + 1 and len(form.header) == width + 1:
        del cells[width:]  # the reason of the import before
    while len(cells) > width and not cells[-1].strip():
        del cells[-1]
    cells += [""] * (width - len(cells))
    return _row([*cells, reason], form)


def _row(cells: list[str], form: TextForm) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=form.separator, lineterminator=form.line_end).writerow(cells)
    return text.getvalue()
