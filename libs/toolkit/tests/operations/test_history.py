"""Order histories: valid rows, and the errors of invalid ones."""

from pathlib import Path

import pytest

from waybill_toolkit.operations.workload.client import Line, Variant
from waybill_toolkit.operations.workload.history import (
    HEADER,
    LINES_MAX,
    BrokenRow,
    History,
    HistoryError,
    RowError,
    parse_row,
    read_history,
    read_lines,
)

GOOD = "536365,2010-12-01T08:26:00Z,17850,85123A,White Hanging Heart T-Light Holder,6,255,GBP"

NOT_A_TIME = "not a time such as 2010-12-01T08:26:00Z"


def read(*rows: str) -> History:
    return read_lines([f"{line}\n" for line in (HEADER, *rows)], "orders.csv")


def row(
    order: str = "1",
    *,
    placed_at: str = "2010-12-01T08:26:00Z",
    customer: str = "c",
    sku: str = "A",
    name: str = "",
    quantity: str = "1",
    price: str = "100",
    currency: str = "GBP",
) -> str:
    return ",".join((order, placed_at, customer, sku, name, quantity, price, currency))


def test_an_order_has_its_rows_as_lines_in_their_order() -> None:
    history = read(row(sku="B"), row(sku="A", quantity="2"), row(order="2"))

    assert [order.reference for order in history.orders] == ["1", "2"]
    assert history.orders[0].lines == [Line("B", 1), Line("A", 2)]
    assert (history.orders[0].customer_ref, history.orders[0].currency) == ("c", "GBP")


def test_a_sku_stands_twice_in_an_order_when_it_does_in_the_file() -> None:
    assert read(row(quantity="1"), row(quantity="5")).orders[0].lines == [
        Line("A", 1),
        Line("A", 5),
    ]


def test_rows_make_one_order_when_they_stand_apart() -> None:
    history = read(row("1"), row("2"), row("1", sku="B"))

    assert [len(order.lines) for order in history.orders] == [2, 1]


def test_a_sku_has_its_first_price_and_its_first_name() -> None:
    history = read(
        row(price="100"), row(price="90", name="Lantern"), row(price="80", name="White lantern")
    )

    assert history.variants == {"A": Variant("A", "Lantern", 100, "GBP")}


def test_a_sku_may_contain_a_space_and_a_name_a_comma() -> None:
    parsed = parse_row(row(sku="BANK CHARGES", name='"Lantern, white ""big"""'))

    assert (parsed.sku, parsed.name) == ("BANK CHARGES", 'Lantern, white "big"')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,2010-12-01T08:26:00Z,c,A,,1,100", "it has 7 columns, not 8"),
        (GOOD + ",", "it has 9 columns, not 8"),
        (row(name='"never closed'), "it is not CSV: unexpected end of data"),
        (row(name='"x"y'), "it is not CSV: ',' expected after '\"'"),
        (row(name="a\x00b"), "it contains a character that cannot be printed"),
        (row(order=""), "order_ref is '', not something"),
        (row(order="1" * 65), "order_ref has 65 characters, more than 64"),
        (row(placed_at="yesterday"), f"placed_at is 'yesterday', {NOT_A_TIME}"),
        (row(placed_at="2010-12-01T08:26:00"), f"placed_at is '2010-12-01T08:26:00', {NOT_A_TIME}"),
        (row(customer=" "), "customer_ref is ' ', not something"),
        (row(sku=""), "sku is '', not an SKU such as 85123A"),
        (row(sku="85/123"), "sku is '85/123', not an SKU such as 85123A"),
        (row(sku="A" * 65), f"sku is {'A' * 65!r}, not an SKU such as 85123A"),
        (row(sku="A "), "sku is 'A ', not an SKU such as 85123A"),
        (row(name="n" * 201), "name has 201 characters, more than 200"),
        (row(quantity="six"), "quantity is 'six', not a whole number"),
        (row(quantity="1.5"), "quantity is '1.5', not a whole number"),
        (row(quantity=""), "quantity is '', not a whole number"),
        (row(quantity="٣"), "quantity is '٣', not a whole number"),
        (row(quantity="1_000"), "quantity is '1_000', not a whole number"),
        (row(quantity="0"), "quantity is '0', not from 1 to 10000"),
        (row(quantity="-6"), "quantity is '-6', not from 1 to 10000"),
        (row(quantity="10001"), "quantity is '10001', not from 1 to 10000"),
        (row(price="-1"), "unit_price_minor is '-1', not from 0 to 100000000"),
        (row(price="2.55"), "unit_price_minor is '2.55', not a whole number"),
        (row(price="100000001"), "unit_price_minor is '100000001', not from 0 to 100000000"),
        (row(currency="£"), "currency is '£', not an ISO 4217 code"),
        (row(currency="gbp"), "currency is 'gbp', not an ISO 4217 code"),
    ],
)  # fmt: skip
def test_a_row_is_refused_with_its_reason_when_it_is_broken(text: str, reason: str) -> None:
    with pytest.raises(RowError) as caught:
        parse_row(text)
    assert str(caught.value) == reason


def test_nothing_of_an_order_is_left_when_one_of_its_rows_is_broken() -> None:
    history = read(row("1"), row("2"), row("1", quantity="none"), row("1"), row("3"))

    assert [order.reference for order in history.orders] == ["2", "3"]
    assert history.broken_rows == [
        BrokenRow(4, "1", "quantity is 'none', not a whole number"),
    ]


def test_an_order_is_refused_when_its_rows_name_two_customers() -> None:
    history = read(row("1", customer="a"), row("1", customer="b"), row("2"))

    assert [order.reference for order in history.orders] == ["2"]
    assert history.broken_rows == [
        BrokenRow(3, "1", "customer_ref is 'b', but 'a' in line 2 of the same order"),
    ]


def test_an_order_is_refused_when_its_rows_name_two_currencies() -> None:
    history = read(row("1"), row("1", sku="B", currency="EUR"))

    assert history.orders == []
    assert history.broken_rows[0].reason == (
        "currency is 'EUR', but 'GBP' in line 2 of the same order"
    )


def test_an_order_is_refused_when_it_has_too_many_lines() -> None:
    history = read(*[row("1")] * (LINES_MAX + 1), row("2"))

    assert [order.reference for order in history.orders] == ["2"]
    assert history.broken_rows == [
        BrokenRow(LINES_MAX + 2, "1", "its order has more than 1000 lines"),
    ]


def test_one_row_is_spoiled_when_its_quote_is_never_closed() -> None:
    history = read(row("1", name='"Lantern'), row("2", name='"Lantern"'), row("3"))

    assert [order.reference for order in history.orders] == ["2", "3"]
    assert [(each.line_number, each.order_ref) for each in history.broken_rows] == [(2, "1")]


def test_empty_lines_are_passed_over_and_counted() -> None:
    history = read("", row("1"), "", row("2", quantity="x"), "")

    assert [each.line_number for each in history.broken_rows] == [5]


def test_a_file_is_read_when_it_has_a_byte_order_mark_and_windows_line_ends(
    tmp_path: Path,
) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(f"\ufeff{HEADER}\r\n{GOOD}\r\n".encode())

    assert [order.reference for order in read_history(file).orders] == ["536365"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "{file} is empty: its first line must be " + HEADER + "."),
        (b"a,b,c\n", "The first line of {file} is wrong: it must be " + HEADER + "."),
        (GOOD.encode(), "The first line of {file} is wrong: it must be " + HEADER + "."),
        (HEADER.encode(), "{file} has no orders below its first line."),
        (HEADER.encode() + b"\n\xff\n", "{file} is not text in UTF-8: convert it first."),
    ],
)
def test_a_sentence_says_so_when_the_file_is_of_no_use(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(content)

    with pytest.raises(HistoryError) as caught:
        read_history(file)
    assert str(caught.value) == sentence.format(file=file)


def test_a_sentence_says_so_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"^The file .*nothing\.csv does not exist\.$"):
        read_history(tmp_path / "nothing.csv")


def test_a_sentence_says_so_when_the_file_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"cannot be read: Is a directory\.$"):
        read_history(tmp_path)
