"""The rows of a file: one line of an order each, as people and spreadsheets write it.

Cells are trimmed, `="000123"` is Excel's text 000123, 2.0 is 2, and `gbp` is GBP. What a
spreadsheet may have damaged is refused: 1,200, 1.5E+02, 01/05/2024, #REF!.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from waybill.money import Money, is_currency, price_max
from waybill_toolkit.operations.order_import.rules import Rules

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

_EXCEL_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
_EXCEL_ERROR: Final = re.compile(r"#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|#+)")
_SCIENTIFIC: Final = re.compile(r"-?[0-9]([.,][0-9]+)?[Ee][+-][0-9]{2,3}")
_WHOLE_NUMBER: Final = re.compile(r"(-?[0-9]{1,18})(\.0+)?")
_GROUPED: Final = re.compile(r"-?[0-9]{1,3}([,.' \u00a0\u202f][0-9]{3})+")
_DECIMAL: Final = re.compile(r"-?[0-9]+[.,][0-9]+")
_LOCAL_DATE: Final = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}.*")

_SHOWN_MAX: Final = 80  # characters of a value in a message
_TIME: Final = "a time such as 2010-12-01T08:26:00Z"
_MEANT: Final = {"sku": "an SKU such as 85123A", "currency": "an ISO 4217 code such as GBP"}


class RowError(Exception):
    """A row is invalid; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an order; `placed_at` is a Unix time in seconds."""

    order_ref: str
    placed_at: int
    customer_ref: str
    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the cells of a file by the names in its header."""

    header: Sequence[str]
    rules: Rules

    def read(self, cells: Sequence[str]) -> Row:
        """Return the row. Raises RowError."""
        found = self._by_name(cells)
        currency = self._currency(found["currency"].upper())
        return Row(
            order_ref=self._reference("order_ref", found),
            placed_at=_time(found["placed_at"]),
            customer_ref=self._reference("customer_ref", found),
            sku=self._text("sku", found["sku"]),
            name=self._text("name", found["name"]) if found["name"] else "",
            quantity=self._number("quantity", found["quantity"]),
            unit_price_minor=self._price(found["unit_price_minor"], currency),
            currency=currency,
        )

    def order_ref(self, cells: Sequence[str]) -> str:
        """Return the reference in an invalid row; empty when it has none."""
        at = self.header.index("order_ref")
        return _clean(cells[at]) if at < len(cells) else ""

    def _by_name(self, cells: Sequence[str]) -> Mapping[str, str]:
        if any(cell.strip() for cell in cells[len(self.header) :]):
            raise RowError(
                f"it has {len(cells)} cells, but the header {len(self.header)}: a cell that "
                "contains the separator must be in quotes"
            )
        by_name = dict(zip(self.header, cells, strict=False))
        if missing := [name for name in COLUMNS if name not in by_name]:
            raise RowError(f"it ends before the column {missing[0]}: it has {len(cells)} cells")
        found = {name: _clean(by_name[name]) for name in COLUMNS}
        for name, cell in found.items():
            if _EXCEL_ERROR.fullmatch(cell):
                raise RowError(f"{name} is {cell!r}, an error of the spreadsheet")
        return found

    def _reference(self, column: str, found: Mapping[str, str]) -> str:
        value = found[column]
        if _SCIENTIFIC.fullmatch(value):
            raise RowError(
                f"{column} is {value!r}: a spreadsheet has shortened a number, and digits may be "
                "lost; format the column as text and enter it again"
            )
        return self._text(column, value)

    def _text(self, column: str, value: str) -> str:
        if fault := self.rules.texts[column].fault(value):
            meant = _MEANT.get(column)
            why = f", not {meant}" if meant else f": {fault[0].lower()}{fault[1:]}"
            raise RowError(f"{column} is {_shown(value)}{why}")
        return value

    def _currency(self, value: str) -> str:
        if not is_currency(self._text("currency", value)):
            raise RowError(f"currency is {value!r}, not {_MEANT['currency']}")
        return value

    def _price(self, value: str, currency: str) -> int:
        amount, highest = self._number("unit_price_minor", value), price_max(currency)
        if amount > highest:
            raise RowError(
                f"unit_price_minor is {value!r}, {Money(amount, currency)}, above the highest price"
                f" of {Money(highest, currency)}"
            )
        return amount

    def _number(self, column: str, value: str) -> int:
        rule = self.rules.numbers[column]
        found = None if _GROUPED.fullmatch(value) else _WHOLE_NUMBER.fullmatch(value)
        if not found:
            raise RowError(f"{column} is {_shown(value)}{_not_a_number(column, value)}")
        number = int(found[1])
        if not rule.least <= number <= rule.most:
            raise RowError(f"{column} is {value!r}, not from {rule.least} to {rule.most}")
        return number


def _clean(cell: str) -> str:
    stripped = cell.strip()
    excel = _EXCEL_TEXT.fullmatch(stripped)
    return excel[1].replace('""', '"').strip() if excel else stripped


def _not_a_number(column: str, value: str) -> str:
    if _SCIENTIFIC.fullmatch(value):
        return ", in scientific notation: digits may be lost; format the column as a whole number"
    if _GROUPED.fullmatch(value):
        return ", with a thousands separator or a decimal point: write 1200 for 1,200"
    if _DECIMAL.fullmatch(value) and column == "unit_price_minor":
        return ", not a whole number of the smallest unit: write 255 for 2.55"
    return ", not a whole number"


def _time(value: str) -> int:
    if _LOCAL_DATE.fullmatch(value):
        raise RowError(f"placed_at is {value!r}, whose day and month may be either: write {_TIME}")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise RowError(f"placed_at is {_shown(value)}, not {_TIME}") from None
    if time.tzinfo is None:
        raise RowError(f"placed_at is {value!r}, without a time zone: write {_TIME}")
    return int(time.timestamp())


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN_MAX else f"{value[:_SHOWN_MAX]}…")
