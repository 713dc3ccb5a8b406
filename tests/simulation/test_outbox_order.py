"""Positions in the outbox are given out last, shown on the simulated PostgreSQL and a real one."""

import asyncio
from typing import Any

import pytest
from tests.simulation.conftest import NOW, Port

from waybill.ids import uuid7
from waybill.postgres.outbox import APPEND, PendingEvent
from waybill.postgres.writes import Write, combine

_STOCK = (
    "insert into stock (sku, on_hand, reserved, committed, updated_at) values ($1, 5, 0, 0, $2)"
)
_TAKE = "update stock set on_hand = on_hand - 1 where sku = $1"
_NEWEST = "select pg_current_xact_id()"
_OLDEST = "select pg_snapshot_xmin(pg_current_snapshot())"


def _append(*keys: str) -> Write:
    events = [PendingEvent(uuid7(), "t", key, "e", "s", NOW, "", b"{}") for key in keys]
    sql, *arguments = APPEND.bind(events)
    return Write(sql, tuple(arguments), comes_last=True)


async def _send(session: Any, *writes: Write) -> list[int]:
    whole = combine(writes)
    return [row["position"] for row in await session.fetch(whole.sql, *whole.arguments)]


@pytest.mark.parametrize("keys", [["a"], ["a", "b"]], ids=["one event", "two events"])
async def test_statement_that_waits_for_a_row_takes_its_positions_when_it_has_it(
    port: Port, keys: list[str]
) -> None:
    one, two, three = await port.open(), await port.open(), await port.open()
    await one.execute(_STOCK, "tea", NOW)
    await one.execute("BEGIN")
    await one.execute(_TAKE, "tea")
    waiting = asyncio.ensure_future(_send(two, _append(*keys), Write(_TAKE, ("tea",))))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    assert await _send(three, combine([_append("c")])) == [1]
    await one.execute("COMMIT")
    assert await waiting == [2, 3][: len(keys)]


async def test_transaction_has_an_id_before_it_has_a_position(port: Port) -> None:
    """So when all lower ids have ended, no running transaction has a lower position."""
    one, two = await port.open(), await port.open()
    await one.execute("BEGIN")
    assert await _send(one, _append("a")) == [1]
    [newest] = await two.fetch(_NEWEST)
    [oldest] = await two.fetch(_OLDEST)
    assert oldest[0] < newest[0]
    await one.execute("COMMIT")
    # Others on the same server have transactions of their own, each for a moment.
    async with asyncio.timeout(20):
        while (await two.fetch(_OLDEST))[0][0] < newest[0]:
            await asyncio.sleep(0.01)
