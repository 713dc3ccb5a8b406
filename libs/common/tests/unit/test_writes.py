"""Several writes as one statement."""

import pytest

from waybill.postgres.writes import AFTER_OTHERS, Write, combine, table_of


def test_parameters_are_renumbered_and_claims_are_combined() -> None:
    one = Write("update a set x = $2 where y = $1", (1, 2), frozenset({"a_pkey"}))
    two = Write("delete from b", ())
    three = Write("insert into c select $1, $1", (3,), frozenset({"c_pkey"}))
    assert combine([one, two, three]) == Write(
        "with write_3 as (insert into c select $3, $3), write_2 as (delete from b)"
        " update a set x = $2 where y = $1",
        (1, 2, 3),
        frozenset({"a_pkey", "c_pkey"}),
    )


def test_the_outbox_is_written_after_the_others_because_it_reads_what_they_return() -> None:
    last = Write(
        f"insert into c select $1 where true\n{AFTER_OTHERS}returning d", (3,), comes_last=True
    )
    one, two = Write("update a set x = $1", (1,)), Write("delete from b where y = $1", (2,))
    assert combine([last, one, two]) == Write(
        "with write_1 as (update a set x = $1 returning 1),"
        " write_2 as (delete from b where y = $2 returning 1)"
        " insert into c select $3 where true\n"
        "and (select count(*) from write_1) >= 0\nand (select count(*) from write_2) >= 0\n"
        "returning d",
        (1, 2, 3),
        comes_last=True,
    )


def test_the_mark_of_the_outbox_is_a_comment_that_stays_when_it_is_the_only_write() -> None:
    assert AFTER_OTHERS.startswith("--")
    last = Write(f"insert into c select $1\n{AFTER_OTHERS}returning d", (3,), comes_last=True)
    assert combine([last]) == last


def test_a_single_write_is_unchanged() -> None:
    write = Write("delete from a where x = $1", (1,))
    assert combine([write]) == write


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
def test_a_statement_that_cannot_be_queued_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="can be queued"):
        table_of(sql)
