from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, cast
from uuid import UUID

import asyncpg
import pytest

from waybill.postgres.rows import Rows


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Kettle:
    kettle_id: UUID
    name: str | None
    colour: Colour
    size: Literal["small", "large"]
    litres: int
    is_sold: bool
    picture: bytes
    made_at: datetime
    parts: tuple[str, ...] = ()


KETTLES = Rows(Kettle, leave_out=["parts"])


def test_a_statement_has_a_column_and_an_array_for_each_field() -> None:
    assert KETTLES.statement("select {columns} from {rows}") == (
        "select kettle_id, name, colour, size, litres, is_sold, picture, made_at from unnest("
        "$1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::boolean[],"
        " $7::bytea[], $8::timestamptz[])"
    )


def test_arrays_are_numbered_behind_the_parameters_of_the_text() -> None:
    @dataclass(frozen=True, slots=True)
    class Pair:
        sku: str
        units: int

    text = "update stock set at = $2 from {rows} as new ({columns}) where $1 < $2"
    assert Rows(Pair).statement(text) == (
        "update stock set at = $2 from unnest($3::text[], $4::bigint[]) as new (sku, units)"
        " where $1 < $2"
    )


def test_an_insert_names_the_columns_on_both_sides() -> None:
    rows = [Pair("a", 1), Pair("b", 2)]
    assert Rows(Pair).insert("stock").bind(rows)[0] == (
        "insert into stock (sku, units)"
        " select sku, units from unnest($1::text[], $2::bigint[]) as new (sku, units)"
    )


def test_rows_become_one_array_for_each_column_and_come_back() -> None:
    now = datetime(2026, 1, 1)  # noqa: DTZ001 - it is only carried
    kettle = Kettle(
        UUID(int=1), None, Colour.RED, "small", 2, is_sold=True, picture=b"", made_at=now
    )
    other = Kettle(
        UUID(int=2), "K", Colour.RED, "large", 3, is_sold=False, picture=b"p", made_at=now
    )

    arrays = KETTLES.arrays([kettle, other])

    assert arrays[:2] == [[UUID(int=1), UUID(int=2)], [None, "K"]]
    names = ["kettle_id", "name", "colour", "size", "litres", "is_sold", "picture", "made_at"]
    record = dict(zip(names, [array[0] for array in arrays], strict=True)) | {"colour": "red"}
    read = KETTLES.read(cast("asyncpg.Record", record))
    assert Kettle(**read) == kettle
    assert isinstance(read["colour"], Colour)


class Pair(NamedTuple):
    sku: str
    units: int


ADD = Rows(Pair).write("insert into stock ({columns}) select * from {rows} where at = $1")


def test_a_single_row_is_bound_as_values() -> None:
    sql = (
        "insert into stock (sku, units)"
        " select * from unnest(array[$2::text], array[$3::bigint]) where at = $1"
    )
    assert ADD.bind([Pair("tea", 5)], "now") == (sql, "now", "tea", 5)


def test_another_number_of_rows_is_bound_as_arrays() -> None:
    sql = (
        "insert into stock (sku, units)"
        " select * from unnest($2::text[], $3::bigint[]) where at = $1"
    )
    assert ADD.bind([Pair("tea", 5), Pair("pot", 6)], "now") == (sql, "now", ["tea", "pot"], [5, 6])
    assert ADD.bind([], "now") == (sql, "now", [], [])


def test_no_rows_are_empty_arrays() -> None:
    assert KETTLES.arrays([]) == [[]] * 8


def test_a_field_that_is_no_column_has_to_be_left_out() -> None:
    with pytest.raises(TypeError, match=r"Kettle\.parts has no column type; leave it out, or use"):
        Rows(Kettle)


def test_a_field_that_is_not_there_cannot_be_left_out() -> None:
    with pytest.raises(TypeError, match="Kettle has no field partz"):
        Rows(Kettle, leave_out=["partz"])
