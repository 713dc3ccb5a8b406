import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest

from waybill.http.pages import Cursor, split_page
from waybill.http.problems import InvalidParameters, ProblemError

BY_TIME = Cursor(tuple[datetime, UUID])


def test_cursor_brings_back_the_position_it_was_made_of() -> None:
    position = (datetime(2026, 1, 1, 1, 2, 3, 456789, tzinfo=UTC), UUID(int=7))
    cursor = BY_TIME.encode(position)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#% ")
    assert BY_TIME.decode(cursor) == position


def test_first_page_needs_no_cursor() -> None:
    assert BY_TIME.decode(None) is None


def made_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "a",
        "not a cursor!",
        "é",
        made_of(b"[]"),
        made_of(b"\xff"),
        made_of(b'["2026-01-01T00:00:00Z"]'),
        made_of(b'[5, "00000000-0000-0000-0000-000000000007"]'),
    ],
)
def test_refused_when_a_cursor_was_not_given_out(cursor: str) -> None:
    with pytest.raises(ProblemError) as raised:
        BY_TIME.decode(cursor)
    problem = raised.value.problem
    assert isinstance(problem, InvalidParameters)
    assert [each.pointer for each in problem.errors] == ["/query/cursor"]


def test_refused_when_a_cursor_holds_what_postgresql_cannot() -> None:
    with pytest.raises(ProblemError):
        Cursor(str).decode(made_of(b'"\\u0000"'))


@pytest.mark.parametrize(
    ("rows", "page", "last"),
    [([], [], None), ([1], [1], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2], 2)],
)
def test_page_is_cut_and_names_its_last_row_when_more_follow(
    rows: list[int], page: list[int], last: int | None
) -> None:
    assert split_page(rows, 2) == (page, last)
