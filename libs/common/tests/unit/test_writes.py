"""Several writes as one statement."""

import pytest

from waybill.postgres.writes import Write, table_of, together


def test_parameters_are_numbered_through_and_claims_are_those_of_all() -> None:
    one = Write("update a set x = $2 where y = $1", (1, 2), frozenset({"a_pkey"}))
    two = Write("delete from b", ())
    three = Write("insert into c select $1, $1", (3,), frozenset({"c_pkey"}))
    assert together([one, two, three]) == Write(
        "with write_3 as (insert into c select $3, $3), write_2 as (delete from b)"
        " update a set x = $2 where y = $1",
        (1, 2, 3),
        frozenset({"a_pkey", "c_pkey"}),
    )


def test_a_lone_write_stays_as_it_is() -> None:
    write = Write("delete from a where x = $1", (1,))
    assert together([write]) == write


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("insert into orders (a) values ($1)", "orders"),
        ("\n  INSERT INTO\n Orders SELECT 1", "orders"),
        ("update sandbox.charges set a = 1", "sandbox.charges"),
        ("delete from a", "a"),
    ],
)
def test_the_table_of_a_write_is_found(sql: str, table: str) -> None:
    assert table_of(sql) == table


@pytest.mark.parametrize("sql", ["select 1", "with a as (select 1) insert into b select 1", ""])
def test_what_cannot_be_a_part_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="cannot wait"):
        table_of(sql)
