"""Order histories: CSV files with one row for each line of an order.

    order_ref,placed_at,customer_ref,sku,name,quantity,unit_price_minor,currency

An invalid row invalidates its order and no other one. Rows of an order may be anywhere in the file,
so the file is read into memory, about 200 bytes a row. Every row is one line of text: a quoted cell
cannot contain a line break, so an unclosed quote invalidates one row and not the rest of the file.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from waybill_toolkit.operations.workload.client import APPROVED, Line, Variant, WantedOrder

COLUMNS: Final = (
    "order_ref",
    "placed_at",
    "customer_ref",
    "sku",
    "name",
    "quantity",
    "unit_price_minor",
    "currency",
)
HEADER: Final = ",".join(COLUMNS)

# The limits of the contracts (PlaceOrder, CreateVariant, Price).
REFERENCE_LENGTH_MAX: Final = 64
NAME_LENGTH_MAX: Final = 200
QUANTITY_MAX: Final = 10_000
PRICE_MAX: Final = 100_000_000
LINES_MAX: Final = 1_000

_SKU: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


class HistoryError(Exception):
    """The file cannot be read; the message says what to do."""


class RowError(Exception):
    """A row is invalid; the message is the reason."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """An invalid row; `order_ref` is empty when it is missing, too."""

    line_number: int
    order_ref: str
    reason: str

    def to_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class History:
    """The content of a file: the complete orders, and the variant of each SKU."""

    orders: Sequence[WantedOrder]
    variants: Mapping[str, Variant]
    """By SKU: the first price and the first name in the file."""
    broken_rows: Sequence[BrokenRow]


@dataclass(frozen=True, slots=True)
class Row:
    order_ref: str
    customer_ref: str
    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    currency: str


@dataclass(slots=True)
class _Draft:
    """An order whose rows are being collected."""

    first_line_number: int
    customer_ref: str
    currency: str
    lines: list[Line] = field(default_factory=list)


def read_history(path: Path) -> History:
    """Read a file. Raises HistoryError; invalid rows are in the result."""
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            return read_lines(file, str(path))
    except FileNotFoundError as error:
        raise HistoryError(f"The file {path} does not exist.") from error
    except OSError as error:
        raise HistoryError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise HistoryError(f"{path} is not text in UTF-8: convert it first.") from error


def read_lines(lines: Iterable[str], name: str) -> History:
    """Read the lines of a file; `name` is for messages."""
    numbered = enumerate(lines, start=1)
    _, header = next(numbered, (1, None))
    if header is None:
        raise HistoryError(f"{name} is empty: its first line must be {HEADER}.")
    if header.rstrip("\r\n") != HEADER:
        raise HistoryError(f"The first line of {name} is wrong: it must be {HEADER}.")
    collector = _Collector()
    for line_number, text in numbered:
        if text.strip():
            collector.add(line_number, text)
    history = collector.history()
    if not history.orders and not history.broken_rows:
        raise HistoryError(f"{name} has no orders below its first line.")
    return history


class _Collector:
    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._variants: dict[str, Variant] = {}
        self._broken: list[BrokenRow] = []

    def add(self, line_number: int, text: str) -> None:
        try:
            row = parse_row(text)
            self._draft_for(row, line_number).lines.append(Line(row.sku, row.quantity))
        except RowError as error:
            self._broken.append(BrokenRow(line_number, _order_ref(text), str(error)))

    def history(self) -> History:
        # The file has no payment data: every order uses a valid card.
        spoiled = {row.order_ref for row in self._broken}
        orders = [
            WantedOrder(reference, draft.customer_ref, draft.currency, draft.lines, APPROVED)
            for reference, draft in self._drafts.items()
            if reference not in spoiled
        ]
        return History(orders, self._variants, self._broken)

    def _draft_for(self, row: Row, line_number: int) -> _Draft:
        self._learn(row)
        draft = self._drafts.get(row.order_ref)
        if draft is None:
            draft = _Draft(line_number, row.customer_ref, row.currency)
            self._drafts[row.order_ref] = draft
        _require_same("customer_ref", row.customer_ref, draft.customer_ref, draft)
        _require_same("currency", row.currency, draft.currency, draft)
        if len(draft.lines) == LINES_MAX:
            raise RowError(f"its order has more than {LINES_MAX} lines")
        return draft

    def _learn(self, row: Row) -> None:
        known = self._variants.get(row.sku)
        if known is None:
            self._variants[row.sku] = Variant(row.sku, row.name, row.unit_price_minor, row.currency)
        elif row.name and not known.name:
            self._variants[row.sku] = Variant(row.sku, row.name, known.amount_minor, known.currency)


def parse_row(text: str) -> Row:
    """Read one line of the file. Raises RowError."""
    cells = _cells(text)
    if len(cells) != len(COLUMNS):
        raise RowError(f"it has {len(cells)} columns, not {len(COLUMNS)}")
    if not all(cell.isprintable() for cell in cells):
        raise RowError("it contains a character that cannot be printed")
    order_ref, placed_at, customer_ref, sku, name, quantity, unit_price_minor, currency = cells
    _require_time(placed_at)
    _require(bool(_SKU.fullmatch(sku)), "sku", sku, "an SKU such as 85123A")
    _require(bool(_CURRENCY.fullmatch(currency)), "currency", currency, "an ISO 4217 code")
    return Row(
        order_ref=_text("order_ref", order_ref, REFERENCE_LENGTH_MAX),
        customer_ref=_text("customer_ref", customer_ref, REFERENCE_LENGTH_MAX),
        sku=sku,
        name=_text("name", name, NAME_LENGTH_MAX) if name.strip() else "",
        quantity=_number("quantity", quantity, 1, QUANTITY_MAX),
        unit_price_minor=_number("unit_price_minor", unit_price_minor, 0, PRICE_MAX),
        currency=currency,
    )


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text.rstrip("\r\n")], strict=True))
    except csv.Error as error:
        raise RowError(f"it is not CSV: {error}") from error


def _order_ref(text: str) -> str:
    """Return the most likely order_ref of an invalid row; that order is not placed."""
    return text.split(",", 1)[0].strip().strip('"')


def _require(condition: bool, column: str, found: str, wanted: str) -> None:  # noqa: FBT001
    if not condition:
        raise RowError(f"{column} is {found!r}, not {wanted}")


def _require_time(found: str) -> None:
    try:
        time = datetime.fromisoformat(found)
    except ValueError:
        time = None
    _require(
        time is not None and time.tzinfo is not None,
        "placed_at",
        found,
        "a time such as 2010-12-01T08:26:00Z",
    )


def _require_same(column: str, found: str, before: str, draft: _Draft) -> None:
    if found != before:
        line = draft.first_line_number
        raise RowError(f"{column} is {found!r}, but {before!r} in line {line} of the same order")


def _text(column: str, found: str, length_max: int) -> str:
    _require(bool(found.strip()), column, found, "something")
    if len(found) > length_max:
        raise RowError(f"{column} has {len(found)} characters, more than {length_max}")
    return found


def _number(column: str, found: str, least: int, most: int) -> int:
    _require(bool(_WHOLE_NUMBER.fullmatch(found)), column, found, "a whole number")
    number = int(found)
    _require(least <= number <= most, column, found, f"from {least} to {most}")
    return number
