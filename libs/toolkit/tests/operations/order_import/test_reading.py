"""What is an order in a file, and the file of those that were not placed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from waybill_toolkit.operations.order_import.failed_file import default_path, write_failed
from waybill_toolkit.operations.order_import.reading import read_orders
from waybill_toolkit.operations.order_import.rows import HEADER
from waybill_toolkit.operations.order_import.rules import contract_rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.order_import.text_file import FileError, TextForm
from waybill_toolkit.operations.workload.client import Line

TIME = "2010-12-01T08:26:00Z"
LINES_MAX = 1_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


@pytest.fixture
def spool() -> Iterator[Spool]:
    with Spool(LINES_MAX) as made:
        yield made


def row(
    order: str = "1", sku: str = "A", quantity: str = "1", customer: str = "c", end: str = "GBP"
) -> str:
    return f"{order},{TIME},{customer},{sku},,{quantity},100,{end}"


def read(spool: Spool, path: Path, *rows: str, orders_max: int | None = None) -> TextForm:
    path.write_text("\n".join((HEADER, *rows)), "utf-8")
    return read_orders(path, spool, contract_rules(), orders_max=orders_max)


def references(spool: Spool) -> list[str]:
    return [order.wanted.reference for order in spool.open_orders()]


def invalid(spool: Spool) -> list[tuple[int, str]]:
    return [(number, reference) for number, reference, _ in spool.findings.invalid_rows()]


def test_rows_make_one_order_when_they_stand_apart(spool: Spool, path: Path) -> None:
    read(spool, path, row("1", "B"), row("2"), row("1", "A", "2"), row("1", "A", "5"))

    assert references(spool) == ["1", "2"]
    assert next(spool.open_orders()).wanted.lines == [
        Line("B", 1, 100),
        Line("A", 2, 100),
        Line("A", 5, 100),
    ]


def test_nothing_of_an_order_is_left_when_one_of_its_rows_is_broken(
    spool: Spool, path: Path
) -> None:
    read(spool, path, row("1"), row("2"), row("1", quantity="none"), row("1"), row("3"))

    assert references(spool) == ["2", "3"]
    assert invalid(spool) == [(4, "1")]


def test_an_order_is_not_placed_when_its_first_row_is_broken(spool: Spool, path: Path) -> None:
    read(spool, path, row('"INV,7"', quantity="x"), row('"INV,7"'), row("INV8"))

    assert references(spool) == ["INV8"]


def test_an_order_is_found_in_a_row_that_is_not_csv(spool: Spool, path: Path) -> None:
    read(spool, path, row('"INV,7"'), row('"INV,7"', sku='"A'), row("2"))

    assert references(spool) == ["2"]
    assert invalid(spool) == [(3, "INV,7")]


def test_a_row_without_a_reference_spoils_no_order(spool: Spool, path: Path) -> None:
    read(spool, path, row("1"), row(""), row("2"))

    assert references(spool) == ["1", "2"]
    assert invalid(spool) == [(3, "")]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (row(customer="d"), "customer_ref is 'd', but 'c' in line 2 of the same order"),
        (row(sku="B", end="EUR"), "currency is 'EUR', but 'GBP' in line 2 of the same order"),
    ],
)
def test_a_row_is_refused_when_it_contradicts_its_order(
    spool: Spool, path: Path, second: str, reason: str
) -> None:
    read(spool, path, row(), second, row("2"))

    assert references(spool) == ["2"]
    [(number, _, found)] = spool.findings.invalid_rows()
    assert number == 3
    assert reason in found


def test_an_order_is_refused_when_it_has_too_many_lines(spool: Spool, path: Path) -> None:
    read(spool, path, *[row("1")] * (LINES_MAX + 1), row("2"))

    assert references(spool) == ["2"]
    assert invalid(spool) == [(LINES_MAX + 2, "1")]


def test_only_the_first_orders_are_left_when_that_is_wanted(spool: Spool, path: Path) -> None:
    read(spool, path, row("1", quantity="x"), row("2"), row("3"), row("4"), orders_max=2)

    assert references(spool) == ["2", "3"]


def test_rows_without_any_value_are_passed_over(spool: Spool, path: Path) -> None:
    read(spool, path, ",,,,,,,", row("1"), "  ", ",,,")

    assert (references(spool), invalid(spool)) == (["1"], [])


def test_a_file_without_orders_is_refused(spool: Spool, path: Path) -> None:
    with pytest.raises(FileError, match="has no orders below its first line"):
        read(spool, path, ",,,")


def test_a_sentence_says_so_when_the_disk_is_full(spool: Spool, path: Path) -> None:
    spool._database.execute("pragma max_page_count = 20")

    with pytest.raises(FileError, match=r"cannot be written: database or disk is full\. Make room"):
        read(spool, path, *(row(str(number)) for number in range(2000)))


@pytest.mark.parametrize(
    ("encoding", "separator", "line_end"),
    [("utf-8", ",", "\n"), ("utf-16", "\t", "\r\n"), ("cp1252", ";", "\r\n")],
)
def test_failed_orders_come_back_in_a_file_that_can_be_mended_and_imported(
    tmp_path: Path, path: Path, encoding: str, separator: str, line_end: str
) -> None:
    rows = [
        "Remark,Order_Ref,placed_at,customer_ref,sku,name,quantity,unit_price_minor,currency",
        f"é,1,{TIME},c,A,Pen,1,100,GBP,,",
        f'"a""b",1,{TIME},c,B,Pen,six,100,GBP',
        f"good,2,{TIME},c,B,Pen,1,100,GBP",
        f"short,3,{TIME},c",
    ]
    text = line_end.join(row.replace(",", separator) for row in rows)
    path.write_bytes(text.encode(encoding))
    failed = tmp_path / "failed.csv"
    with Spool(LINES_MAX) as spool:
        form = read_orders(path, spool, contract_rules())
        write_failed(failed, spool.findings, form)

    content = failed.read_bytes().decode(encoding)
    header, first, second, third, end = content.split(line_end)
    assert header == rows[0].replace(",", separator) + f"{separator}import_error"
    cells = ["é", "1", TIME, "c", "A", "Pen", "1", "100", "GBP"]
    assert first == separator.join([*cells, "line 2: line 3 of its order is invalid"])
    assert "line 3: quantity is 'six', not a whole number" in second
    assert third.count(separator) == header.count(separator)
    assert end == ""

    failed.write_bytes(content.replace("six", "6").encode(encoding))
    again = tmp_path / "again.csv"
    with Spool(LINES_MAX) as spool:
        form = read_orders(failed, spool, contract_rules())
        write_failed(again, spool.findings, form)
        assert references(spool) == ["1"]
    lines = again.read_bytes().decode(encoding).split(line_end)
    assert lines[0] == header
    assert lines[1].startswith(f"short{separator}3")
    assert lines[1].count("line ") == 1


def test_a_row_that_is_not_csv_comes_back_as_it_is(spool: Spool, tmp_path: Path) -> None:
    broken = row("1", sku='"A')
    form = read(spool, tmp_path / "orders.csv", broken, row("2"))
    failed = tmp_path / "failed.csv"

    write_failed(failed, spool.findings, form)

    [_, line] = failed.read_text("utf-8").splitlines()
    assert line == f"{broken},line 2: it is not CSV: a quote is opened and not closed"


def test_no_file_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for expected in ("a.failed.csv", "a.failed-2.csv", "a.failed-3.csv"):
        path = default_path(Path("elsewhere/a.csv"))
        assert path == Path(expected)
        path.touch()
