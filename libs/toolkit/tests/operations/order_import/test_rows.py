"""The rows of a file: what is read, and the sentence of what is refused."""

import pytest

from waybill_toolkit.operations.order_import.rows import COLUMNS, Row, RowError, RowReader
from waybill_toolkit.operations.order_import.rules import contract_rules

READER = RowReader(COLUMNS, contract_rules())
GOOD = {
    "order_ref": "536365",
    "placed_at": "2010-12-01T08:26:00Z",
    "customer_ref": "17850",
    "sku": "85123A",
    "name": "White Lantern",
    "quantity": "6",
    "unit_price_minor": "255",
    "currency": "GBP",
}
ROW = Row("536365", 1_291_191_960, "17850", "85123A", "White Lantern", 6, 255, "GBP")
NOT_A_TIME = "not a time such as 2010-12-01T08:26:00Z"


def read(column: str, value: str) -> Row:
    return READER.read([*{**GOOD, column: value}.values()])


def test_a_row_has_the_values_of_its_cells() -> None:
    assert READER.read([*GOOD.values()]) == ROW


def test_columns_are_found_by_their_names() -> None:
    header = ("remark", *reversed(COLUMNS), "colour")

    found = RowReader(header, contract_rules()).read(["x", *reversed(GOOD.values()), "red"])

    assert found == ROW


@pytest.mark.parametrize(
    ("column", "value", "attribute"),
    [
        ("order_ref", ' ="000123" ', "000123"),
        ("order_ref", '="AB ""X"" 1"', 'AB "X" 1'),
        ("order_ref", 'AB "X" 1', 'AB "X" 1'),
        ("order_ref", " 000124", "000124"),
        ("order_ref", "INV,7", "INV,7"),
        ("customer_ref", "1E5", "1E5"),
        ("sku", "1E5", "1E5"),
        ("sku", "BANK CHARGES", "BANK CHARGES"),
        ("name", "", ""),
        ("name", "Pen\u00a0blue", "Pen\u00a0blue"),
        ("name", "赤い\u3000ランタン", "赤い\u3000ランタン"),
        ("name", "Mug 👨\u200d👩\u200d👧", "Mug 👨\u200d👩\u200d👧"),
        ("name", "Note\u00adbook", "Note\u00adbook"),
        ("quantity", " 2", 2),
        ("quantity", "2.0", 2),
        ("quantity", "10000", 10_000),
        ("unit_price_minor", "0", 0),
        ("currency", "gbp", "GBP"),
        ("placed_at", "2010-12-01 09:26:00+01:00", ROW.placed_at),
    ],
)
def test_a_cell_is_read_as_it_is_meant(column: str, value: str, attribute: object) -> None:
    assert getattr(read(column, value), column) == attribute


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("order_ref", "", "order_ref is '': string should have at least 1 character"),
        ("order_ref", "1" * 65, "string should have at most 64 characters"),
        ("order_ref", "a\0b", "text must not contain the character U+0000"),
        ("order_ref", "5.36365E+05", "'5.36365E+05': a spreadsheet has shortened a number"),
        ("customer_ref", "1,785E+04", "'1,785E+04': a spreadsheet has shortened a number"),
        ("customer_ref", " ", "customer_ref is '': string should have at least 1 character"),
        ("placed_at", "yesterday", f"placed_at is 'yesterday', {NOT_A_TIME}"),
        ("placed_at", "2010-12-01T08:26:00", "without a time zone: write a time such as"),
        ("placed_at", "01/05/2024 09:00", "whose day and month may be either"),
        ("placed_at", "1.5.24", "whose day and month may be either"),
        ("sku", "", "sku is '', not an SKU such as 85123A"),
        ("sku", "85/123", "sku is '85/123', not an SKU such as 85123A"),
        ("sku", "#REF!", "sku is '#REF!', an error of the spreadsheet"),
        ("name", "n" * 201, "string should have at most 200 characters"),
        ("quantity", "1,200", "'1,200', with a thousands separator or a decimal point"),
        ("quantity", "1.200", "'1.200', with a thousands separator or a decimal point"),
        ("quantity", "1\u00a0200", "with a thousands separator or a decimal point"),
        ("quantity", "1.5", "quantity is '1.5', not a whole number"),
        ("quantity", "", "quantity is '', not a whole number"),
        ("quantity", "٣", "quantity is '٣', not a whole number"),
        ("quantity", "1_000", "quantity is '1_000', not a whole number"),
        ("quantity", "0", "quantity is '0', not from 1 to 10000"),
        ("quantity", "-6", "quantity is '-6', not from 1 to 10000"),
        ("quantity", "10001", "quantity is '10001', not from 1 to 10000"),
        ("quantity", "#####", "quantity is '#####', an error of the spreadsheet"),
        ("unit_price_minor", "1.5E+02", "'1.5E+02', in scientific notation"),
        ("unit_price_minor", "2.55", "not a whole number of the smallest unit: write 255 for"),
        ("unit_price_minor", "-1", "unit_price_minor is '-1', not from 0 to"),
        ("unit_price_minor", "100000001", "'100000001', 1000000.01 GBP, above the highest price"),
        ("currency", "£", "currency is '£', not an ISO 4217 code such as GBP"),
        ("currency", "zzz", "currency is 'ZZZ', not an ISO 4217 code such as GBP"),
    ],
)
def test_a_cell_is_refused_with_its_own_sentence(column: str, value: str, reason: str) -> None:
    with pytest.raises(RowError) as caught:
        read(column, value)
    assert reason in str(caught.value)


def test_empty_cells_after_the_last_column_are_ignored() -> None:
    assert READER.read([*GOOD.values(), "", " "]) == ROW


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([*GOOD.values(), "", "x"], "it has 10 cells, but the header 8"),
        ([*GOOD.values()][:-1], "it ends before the column currency: it has 7 cells"),
    ],
)
def test_a_row_is_refused_when_it_has_other_columns(cells: list[str], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        READER.read(cells)
