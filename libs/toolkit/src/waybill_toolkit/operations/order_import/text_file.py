"""Text files with separated values: encoding, separator, header, records.

A record is one line, or several when a quoted cell contains line breaks. A quote that is never
closed invalidates its own line and not the rest of the file.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typing_extensions import override

from waybill_toolkit.command_line.errors import CommandError

SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
}
RECORD_LINES_MAX: Final = 100  # an address or a remark; more is a quote that is never closed
_LINE_LENGTH_MAX: Final = 1 << 20  # characters: a file without line breaks is not read at once
_CHUNK_BYTES: Final = 1 << 20
_OPEN_QUOTE: Final = "unexpected end of data"  # csv, in strict mode


class FileError(CommandError):
    """The file cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a file is written; `header` has the column names in lower case, `titles` as written."""

    encoding: str
    separator: str
    header: tuple[str, ...]
    titles: tuple[str, ...]
    line_end: str

    @override
    def __str__(self) -> str:
        return f"{ENCODINGS[self.encoding]}, separated by {SEPARATORS[self.separator]}s"


@dataclass(frozen=True, slots=True)
class Record:
    """A record and the number of its first line; `cells` is None when it is not CSV."""

    line_number: int
    text: str
    cells: list[str] | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TextFile:
    """An open file."""

    form: TextForm
    records: Iterator[Record]
    bytes_read: Callable[[], int]


@contextmanager
def open_text(path: Path, columns: tuple[str, ...]) -> Iterator[TextFile]:
    """Open a file whose first line names at least these columns. Raises FileError."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise FileError(f"{path} is not a regular file: save it first, it is read twice.")
        encoding = _encoding_of(path)
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            lines = iter(lambda: text.readline(_LINE_LENGTH_MAX), "")
            number, form = _form(path, encoding, lines, columns)
            yield TextFile(form, _records(lines, form, number + 1), raw.tell)
    except FileNotFoundError as error:
        raise FileError(f"The file {path} does not exist.") from error
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is neither UTF-8 nor UTF-16 nor Windows-1252 text: save it as UTF-8."
        ) from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error


def split_cells(text: str, separator: str) -> list[str]:
    """Return the cells of a record. Raises csv.Error."""
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), [])


def likely_cells(text: str, separator: str) -> list[str]:
    """Return the cells of a record that is not CSV: those in front of the fault are right."""
    return next(csv.reader([text], delimiter=separator), [])


def _encoding_of(path: Path) -> str:
    """Return the encoding by its byte order mark, else UTF-8 if all is, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_number, is_ascii = 1, True
    with path.open("rb") as file:
        chunk = file.read(_CHUNK_BYTES)
        if chunk.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in chunk:
            raise FileError(
                f"{path} is not text, or UTF-16 without a byte order mark: save it as CSV in UTF-8."
            )
        while True:
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                if is_ascii and before.isascii():
                    return "cp1252"
                line_number += before.count(b"\n")
                raise FileError(
                    f"{path} is UTF-8 up to line {line_number}, which is not: save all of it in "
                    "one encoding."
                ) from error
            if not chunk:
                return "utf-8"
            line_number += text.count("\n")
            is_ascii = is_ascii and text.isascii()
            chunk = file.read(_CHUNK_BYTES)


def _form(
    path: Path, encoding: str, lines: Iterator[str], columns: tuple[str, ...]
) -> tuple[int, TextForm]:
    """Read the header. Returns its line number, too."""
    wanted = f"its first line must name the columns {', '.join(columns)}, in any order"
    number, first = 1, next(lines, "")
    given = first.strip().lower()
    separators = list(SEPARATORS)
    if given.startswith("sep=") and given[4:] in SEPARATORS:  # Excel's own line
        number, first, separators = 2, next(lines, ""), [given[4:]]
    if not first.strip():
        raise FileError(f"{path} is empty: {wanted}.")
    titles = {each: _titles(first, each) for each in separators}
    headers = {each: tuple(map(str.lower, names)) for each, names in titles.items()}
    separator = max(separators, key=lambda each: len(set(columns) & set(headers[each])))
    header = headers[separator]
    missing = [name for name in columns if name not in header]
    if len(missing) == len(columns):
        raise FileError(f"The first line of {path} names none of the columns: {wanted}.")
    if missing:
        raise FileError(f"{path} has no column {' and no column '.join(missing)}: {wanted}.")
    if twice := [name for name in columns if header.count(name) > 1]:
        raise FileError(f"{path} has the column {twice[0]} twice: rename or remove one of them.")
    line_end = first[len(first.rstrip("\r\n")) :] or "\n"
    return number, TextForm(encoding, separator, header, titles[separator], line_end)


def _titles(line: str, separator: str) -> tuple[str, ...]:
    try:
        return tuple(name.strip() for name in split_cells(line, separator))
    except csv.Error:
        return ()


def _records(source: Iterator[str], form: TextForm, number: int) -> Iterator[Record]:
    pending: deque[str] = deque()

    def next_line() -> str:
        return pending.popleft() if pending else next(source, "")

    while text := next_line():
        parts = [text]
        cells, fault = _split(parts, form)
        while fault == _OPEN_QUOTE and len(parts) < RECORD_LINES_MAX:
            line = next_line()
            if not line:
                break
            parts.append(line)
            if '"' in line:
                cells, fault = _split(parts, form)
        if fault and len(parts) > 1:
            pending.extendleft(reversed(parts[1:]))
            del parts[1:]
        whole = "".join(parts).rstrip("\r\n")
        if fault == _OPEN_QUOTE or (fault and cells is None and whole.count('"') % 2):
            fault = "a quote is opened and not closed"
        if fault or whole.strip():
            yield Record(number, whole, cells, fault)
        number += len(parts)


def _split(parts: list[str], form: TextForm) -> tuple[list[str] | None, str]:
    try:
        return split_cells("".join(parts), form.separator), ""
    except csv.Error as error:
        return None, str(error)
