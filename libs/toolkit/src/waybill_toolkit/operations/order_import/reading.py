"""Reads a file into a spool."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from waybill_toolkit.operations.order_import.rows import COLUMNS, RowError, RowReader
from waybill_toolkit.operations.order_import.rules import Rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.order_import.text_file import (
    FileError,
    Record,
    TextForm,
    likely_cells,
    open_text,
)
from waybill_toolkit.operations.workload.tasks import Progress, no_progress

_PERCENT: Final = 100


def read_orders(
    path: Path,
    spool: Spool,
    rules: Rules,
    *,
    orders_max: int | None = None,
    progress: Progress = no_progress,
) -> TextForm:
    """Read all orders of a file into a spool, and return how the file is written.

    Invalid rows are in the spool as well. Raises FileError.
    """
    try:
        return _read(path, spool, rules, orders_max, progress)
    except sqlite3.Error as error:
        raise FileError(
            f"The temporary database for {path} cannot be written: {error}. Make room, or name "
            "another folder in SQLITE_TMPDIR."
        ) from error


def _read(
    path: Path, spool: Spool, rules: Rules, orders_max: int | None, progress: Progress
) -> TextForm:
    size = path.stat().st_size if path.exists() else 0
    is_empty = True
    with open_text(path, COLUMNS) as file, progress("Reading (%)", _PERCENT) as step:
        reader = RowReader(file.form.header, rules)
        advance = _percentage(size, step)
        for record in file.records:
            if record.cells is not None and not any(cell.strip() for cell in record.cells):
                continue
            is_empty = False
            _add(spool, reader, record, file.form)
            advance(file.bytes_read())
        advance(size)
    if is_empty:
        raise FileError(f"{path} has no orders below its first line.")
    spool.complete(orders_max)
    return file.form


def _add(spool: Spool, reader: RowReader, record: Record, form: TextForm) -> None:
    number, text, cells = record.line_number, record.text, record.cells
    if cells is None:
        order_ref = reader.order_ref(likely_cells(text, form.separator))
        spool.spoil(number, text, order_ref, f"it is not CSV: {record.fault}")
        return
    try:
        spool.add(number, text, reader.read(cells))
    except RowError as error:
        spool.spoil(number, text, reader.order_ref(cells), str(error))


def _percentage(size: int, step: Callable[[], None]) -> Callable[[int], None]:
    done = 0

    def advance(position: int) -> None:
        nonlocal done
        while done < _PERCENT and done * size < position * _PERCENT:
            done += 1
            step()

    return advance
