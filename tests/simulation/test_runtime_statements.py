"""Every statement that the runtime sends gets the same result from both PostgreSQLs.

The runtime's own code runs on both: each statement goes to both, and the results and, at the end,
the tables must be equal.
"""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from tests.simulation.both import Both, BothTransaction, assert_same_tables
from tests.simulation.conftest import NOW, Port

from waybill.http import idempotency
from waybill.ids import uuid7
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import Record
from waybill.postgres import ConcurrencyConflictError, Connection
from waybill.receiving import dead_letters
from waybill.receiving.event_router import Delivery, OrderingKey
from waybill.receiving.inbox import claim_new
from waybill.sending import relay_store

SECOND = timedelta(seconds=1)


@pytest.fixture
async def both(simulated: Port, real: Port) -> Both:
    return Both(await simulated.open(), await real.open())


async def test_outbox_and_relay_are_the_same(both: Both) -> None:
    connection = Connection(cast("Any", both))
    async with BothTransaction(both) as tx:
        for number in range(4):
            await tx.execute(
                "insert into outbox"
                " (event_id, topic, key, type, source, time, traceparent, payload)"
                " values ($1, $2, 'k', 'e', 's', $3, '', $4)",
                uuid7(), f"t{number % 2}", NOW, b"{}",
            )  # fmt: skip
    logs = {Partition("t0", 0): relay_store.Log(uuid7(), 0)}

    async def round_(published: list[relay_store.Published], skip: list[str]) -> list[int]:
        rows = await relay_store.mark_and_read(
            connection, published, logs, NOW, skip=skip, since=NOW - SECOND, limit=3
        )
        return [row.position for row in rows]

    assert await round_([], []) == [1, 2, 3]
    done = [relay_store.Published(n, Partition("t0", 0), n) for n in (1, 3)]
    assert await round_(done, ["t1"]) == []
    assert await round_([], []) == [2, 4]
    await relay_store.published_logs(connection)
    assert await relay_store.clear_tail(connection, Partition("t0", 0), 2, NOW - SECOND) == 1
    assert await relay_store.clear_topic(connection, "t0", NOW - SECOND) == 1
    assert await round_([], []) == [1, 2, 3]
    await assert_same_tables(both)


async def test_inbox_and_dead_letters_are_the_same(both: Both) -> None:
    events = [uuid7() for _ in range(3)]
    async with BothTransaction(both) as tx:
        assert await claim_new(tx, events[:2], NOW) == (set(events[:2]), True)
        assert await claim_new(tx, events, NOW) == ({events[2]}, False)
        deliveries = [_delivery(each) for each in events]
        parkings = [
            dead_letters.Parking(each, state, None, 0, NOW)  # type: ignore[arg-type]
            for each, state in zip(deliveries, ("retrying", "waiting", "dead"), strict=True)
        ]
        await dead_letters.park(tx, parkings, NOW)
        line = OrderingKey("t", "k")
        assert await dead_letters.parked_keys(tx, {line, OrderingKey("t", "other")}) == {line}
        other = uuid7()
        assert await claim_new(tx, [other], NOW) == ({other}, False)
    async with BothTransaction(both) as tx:
        letter = await dead_letters.first_due(tx, NOW)
        assert letter is not None
        await dead_letters.record_failure(tx, letter, state="retrying", error="e", due_at=NOW)
        await dead_letters.remove(tx, letter)
        await dead_letters.discard(tx, events[2])
        await dead_letters.retry(tx, events[2], NOW)
    await assert_same_tables(both)


def _delivery(event_id: UUID) -> Delivery:
    arrival = Record("t", 0, 0, b"k", [("a", b"b")], b"{}")
    return Delivery(event_id, "e", arrival, OrderingKey("t", "k"), None, "h", None)


async def test_idempotency_keys_are_the_same(both: Both) -> None:
    requests = [idempotency.KeyedRequest("p", "o", key, b"f") for key in ("one", "two")]
    answer = idempotency.StoredAnswer(201, (("a", "b"),), b"{}")
    async with BothTransaction(both) as tx:
        for each in requests:
            assert await idempotency.claim(tx, each) is idempotency.Claim.OURS
        await idempotency.store(tx, [(requests[0], answer)])
    async with BothTransaction(both) as tx:
        assert await idempotency.check(tx, requests) == [answer, idempotency.Claim.OURS]
        assert await idempotency.claim(tx, requests[0]) == answer
    with pytest.raises(ConcurrencyConflictError):
        async with BothTransaction(both) as tx:
            await idempotency.store(tx, [(requests[0], answer)])
    await assert_same_tables(both)
