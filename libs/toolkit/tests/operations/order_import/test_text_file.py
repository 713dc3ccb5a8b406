"""Encodings, separators, headers and records."""

from pathlib import Path

import pytest

from waybill_toolkit.operations.order_import.text_file import FileError, Record, open_text

COLUMNS = ("ref", "name")
TEXT = "ref{0}name\n1{0}Café\n2{0}Pen\n"


def read(path: Path, content: bytes) -> tuple[str, list[Record]]:
    path.write_bytes(content)
    with open_text(path, COLUMNS) as file:
        return str(file.form), list(file.records)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize(
    ("separator", "sign"),
    [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")],
)
def test_a_file_is_read_in_its_encoding_with_its_separator(
    path: Path, encoding: str, name: str, separator: str, sign: str
) -> None:
    form, records = read(path, TEXT.format(separator).encode(encoding))

    assert form == f"{name}, separated by {sign}"
    assert [each.cells for each in records] == [["1", "Café"], ["2", "Pen"]]


def test_big_endian_is_read_when_the_byte_order_mark_says_so(path: Path) -> None:
    _, records = read(path, b"\xfe\xff" + TEXT.format(",").encode("utf-16-be"))

    assert records[0].cells == ["1", "Café"]


def test_a_text_that_ends_in_the_middle_of_utf_8_is_windows_1252(path: Path) -> None:
    form, records = read(path, "ref,name\n1,Café".encode("cp1252"))

    assert (form, records[0].cells) == ("Windows-1252, separated by commas", ["1", "Café"])


def test_the_line_sep_of_excel_is_followed(path: Path) -> None:
    _, records = read(path, b"sep=;\r\nref;name\r\n1;a,b\r\n")

    assert records == [Record(3, "1;a,b", ["1", "a,b"])]


def test_quoted_cells_contain_separators_quotes_and_line_breaks(path: Path) -> None:
    _, records = read(path, b'ref,name\n1,"a,""b""\r\nc"\n2,d\n')

    assert [(each.line_number, each.cells) for each in records] == [
        (2, ["1", 'a,"b"\r\nc']),
        (4, ["2", "d"]),
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system_and_empty_ones_are_counted(path: Path, line_end: str) -> None:
    _, records = read(path, line_end.join(["ref,name", "", "1,a", "", "2,b"]).encode())

    assert [(each.line_number, each.text) for each in records] == [(3, "1,a"), (5, "2,b")]


def test_an_inch_sign_is_no_quote(path: Path) -> None:
    _, records = read(path, b'ref,name\n1,Frame 12" black\n2,b\n')

    assert records[0].cells == ["1", 'Frame 12" black']


@pytest.mark.parametrize("rest", [b'2,"b"\n3,c\n', b"2,b\n3,c\n", b"2,b\n3,c\n" + b"4,d\n" * 200])
def test_one_line_is_invalid_when_its_quote_is_never_closed(path: Path, rest: bytes) -> None:
    _, records = read(path, b'ref,name\n1,"a\n' + rest)

    assert (records[0].line_number, records[0].text, records[0].cells) == (2, '1,"a', None)
    assert records[0].fault == "a quote is opened and not closed"
    assert [each.cells for each in records[1:3]] == [["2", "b"], ["3", "c"]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "{file} is empty: its first line must name the columns ref, name, in any order."),
        (b"a,b\n", "The first line of {file} names none of the columns: its first line must"),
        (b"name,x\n", "{file} has no column ref: its first line must name the columns ref, name"),
        (b"ref,name,REF\n", "{file} has the column ref twice: rename or remove one of them."),
        ("ref,name\n".encode("utf-16-le"), "UTF-16 without a byte order mark: save it as CSV in"),
        ("ref,name\n1,é\n".encode() + b"2,\xe9\n", "UTF-8 up to line 3, which is not: save all of"),
        (b"ref,name\n1,\x81\n", "is neither UTF-8 nor UTF-16 nor Windows-1252 text"),
    ],
)
def test_a_sentence_says_so_when_the_file_is_of_no_use(
    path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(FileError) as caught:
        read(path, content)
    assert sentence.format(file=path) in str(caught.value)


def test_a_sentence_says_so_when_there_is_no_file(path: Path) -> None:
    with (
        pytest.raises(FileError, match=r"^The file .*orders\.csv does not exist\.$"),
        open_text(path, COLUMNS),
    ):
        pass


def test_a_sentence_says_so_when_the_file_is_a_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match=r"cannot be read: Is a directory\.$"),
        open_text(tmp_path, COLUMNS),
    ):
        pass


def test_a_sentence_says_so_when_the_file_is_a_device() -> None:
    with (
        pytest.raises(FileError, match="is not a regular file: save it first"),
        open_text(Path("/dev/null"), COLUMNS),
    ):
        pass
