"""What writing WITH queries do, shown on the simulated PostgreSQL and on the real one."""

import asyncpg
import pytest
from tests.simulation.conftest import NOW, Port

from waybill.ids import uuid7

_SEND = (
    "insert into outbox (event_id, topic, key, type, source, time, traceparent, payload)"
    " select id, 't', '{key}', 'e', 's', $2, '', $3 from unnest($1::uuid[]) as id {returning}"
)
_STOCK = (
    "insert into stock (sku, on_hand, reserved, committed, updated_at)"
    " select 'tea', {on_hand}, 0, 0, now()"
)
_CLAIM = (
    "insert into inbox (event_id, received_at) select each, case when exists"
    " (select from stock where sku = 'tea' and on_hand > 0) then null else $2::timestamptz end"
    " from unnest($1::uuid[]) as each"
)


def _send(key: str, returning: str = "") -> str:
    return _SEND.format(key=key, returning=returning)


async def test_final_select_reads_what_an_insert_returns(port: Port) -> None:
    session = await port.open()
    rows = await session.fetch(
        f"with write_1 as ({_STOCK.format(on_hand=1)}),"
        f" write_2 as ({_send('k', 'returning position')})"
        " select position from write_2",
        [uuid7(), uuid7()], NOW, b"",
    )  # fmt: skip
    assert [row["position"] for row in rows] == [1, 2]
    assert [row[0] for row in await session.fetch("select sku from stock")] == ["tea"]


async def test_insert_returns_all_columns(port: Port) -> None:
    session = await port.open()
    [row] = await session.fetch(_send("k", "returning *"), [uuid7()], NOW, b"")
    assert (row["position"], row["key"], row["offset"]) == (1, "k", None)


@pytest.mark.parametrize(
    ("first", "second", "main", "keys"),
    [
        (_send("a"), _send("b"), _send("c"), "cba"),
        (_send("a", "returning position"), _send("b"), "select position from w1", "ab"),
        (_send("a"), _send("b", "returning position"), "select position from w2", "ba"),
        (_send("a"), _send("b"), "select $1::uuid[]", "ba"),
    ],
)
async def test_writes_run_when_they_are_asked_for_then_from_the_last_to_the_first(
    port: Port, first: str, second: str, main: str, keys: str
) -> None:
    session = await port.open()
    sql = f"with w1 as ({first}), w2 as ({second}) {main}"
    await session.fetch(sql, [uuid7()], NOW, b"")
    rows = await session.fetch("select key from outbox order by position")
    assert "".join(row["key"] for row in rows) == keys


async def test_select_that_is_not_read_does_not_lock(port: Port) -> None:
    one, two = await port.open(), await port.open()
    await one.execute(_STOCK.format(on_hand=1))
    await one.execute("BEGIN")
    await one.fetch("with held as (select sku from stock for update) select 1")
    assert len(await two.fetch("select sku from stock for update skip locked")) == 1


async def test_null_for_a_row_that_is_there_refuses_the_insert(port: Port) -> None:
    session = await port.open()
    sql = f"with claimed as ({_CLAIM} returning event_id) select event_id from claimed"
    assert len(await session.fetch(sql, [uuid7()], NOW)) == 1
    await session.execute(_STOCK.format(on_hand=1))
    with pytest.raises(asyncpg.NotNullViolationError) as refused:
        await session.fetch(sql, [uuid7()], NOW)
    assert (refused.value.table_name, refused.value.column_name) == ("inbox", "received_at")
    assert len(await session.fetch("select event_id from inbox")) == 1


async def test_violation_in_a_with_query_undoes_all_of_the_statement(port: Port) -> None:
    session = await port.open()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await session.fetch(
            f"with write_1 as ({_STOCK.format(on_hand=-1)}),"
            f" write_2 as ({_send('k', 'returning position')}) select position from write_2",
            [uuid7()], NOW, b"",
        )  # fmt: skip
    assert (refused.value.table_name, refused.value.constraint_name) == (
        "stock",
        "stock_on_hand_check",
    )
    assert await session.fetch("select key from outbox") == []
