"""Every statement that the services send is answered alike by both PostgreSQLs.

The services' own code works on both at once: each statement goes to both, and the answers and, at
the end, the tables must be equal.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel
from tests.simulation.conftest import NOW, TABLES, Port, Session

from inventory.commands.commit_stock import commit_stock
from inventory.commands.expire_reservations import expire_reservations
from inventory.commands.release_stock import release_stock
from inventory.commands.reserve_stock import reserve_stock
from inventory.contract.models import AdjustStockReason
from inventory.domain import Request
from inventory.granted import Granted
from inventory.store import change_on_hand
from orders import store as orders_store
from orders.commands.apply_transitions import OrderSagaStore
from orders.contract import received
from orders.contract.models import OrderStatus
from orders.domain import Line, Order
from orders.saga import PLACE_ORDER
from orders.store import PriceRow
from payments import store as payments_store
from payments.claims import Claims
from payments.commands.authorize_payments import OrderToPay, authorize_payments
from payments.commands.capture_payments import capture_payments
from payments.commands.record_answers import Call, CallAgain, record_answers
from payments.commands.reverse_payments import reverse_payments
from payments.contract.models import DeclineCode
from payments.domain import Operation, Payment
from payments.memory import Memory
from payments.provider import Approved, Declined
from waybill.clock import ManualClock
from waybill.events import Event
from waybill.http import idempotency
from waybill.ids import uuid7
from waybill.kafka.link import Partition
from waybill.postgres import ConcurrencyConflictError, Connection, Transaction
from waybill.receiving import dead_letters
from waybill.receiving.event_router import Delivery, InboundRecord, OrderingKey
from waybill.receiving.inbox import claim_new
from waybill.saga import Sagas, SagaStart
from waybill.sending import relay_store

SECOND = timedelta(seconds=1)
TOKEN = "tok_approve"  # noqa: S105 (a card of the sandbox)


class Both:
    """A raw connection that asks both and compares."""

    def __init__(self, simulated: Session, real: Session) -> None:
        self._simulated, self._real = simulated, real
        self.statements: set[str] = set()

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        real = await self._real.fetch(sql, *arguments)
        simulated = await self._simulated.fetch(sql, *arguments)
        assert _comparable(simulated, sql) == _comparable(real, sql), sql
        self.statements.add(sql)
        return real

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        row = await self.fetchrow(sql, *arguments)
        return None if row is None else row[0]

    async def execute(self, sql: str, *arguments: Any) -> str:
        real, error = await _or_violation(self._real, sql, arguments)
        simulated, simulated_error = await _or_violation(self._simulated, sql, arguments)
        assert getattr(simulated_error, "constraint_name", "") == getattr(
            error, "constraint_name", ""
        )
        if error:
            raise error
        if not sql.startswith("RELEASE"):
            assert simulated == real, sql
        return real

    def is_closed(self) -> bool:
        return False


async def _or_violation(
    session: Session, sql: str, arguments: Sequence[Any]
) -> tuple[str, asyncpg.UniqueViolationError | None]:
    try:
        return await session.execute(sql, *arguments), None
    except asyncpg.UniqueViolationError as error:
        return "", error


def _comparable(rows: Sequence[Any], sql: str) -> list[Any]:
    plain = [
        tuple(value.hex if isinstance(value, UUID) else value for value in row) for row in rows
    ]
    return plain if "order by" in sql.lower() else sorted(plain, key=repr)


@pytest.fixture
async def both(simulated: Port, real: Port) -> Both:
    return Both(await simulated.open(), await real.open())


class _Work:
    """A transaction on both, committed at the end."""

    def __init__(self, both: Both) -> None:
        self._tx = Transaction(cast("Any", both), "test", ManualClock(NOW), lambda _: None)

    async def __aenter__(self) -> Transaction:
        return self._tx

    async def __aexit__(self, *error: object) -> None:
        if error[0] is None:
            await self._tx.finish()
            await self._tx.commit()
            self._tx.committed()
        else:
            await self._tx.rollback()


async def _same_tables(both: Both) -> None:
    for table in TABLES:
        left_out = {"idempotency_keys": "principal, operation, key, status, headers, body"}
        await both.fetch(f"select {left_out.get(table, '*')} from {table}")


async def test_reservations_are_the_same(both: Both) -> None:
    one, two, three, four = (uuid7() for _ in range(4))
    for sku, units in (("tea", 5), ("mug", 1)):
        async with _Work(both) as tx:
            await change_on_hand(
                tx, sku, units, adjustment_id=uuid7(), reason=AdjustStockReason.RECEIVED, now=NOW
            )
    async with _Work(both) as tx:
        wanted = [
            Request(one, {"tea": 2, "mug": 1}),
            Request(two, {"mug": 1}),
            Request(three, {"tea": 1}),
        ]
        decided = await reserve_stock(tx, wanted, Granted(), now=NOW, expires_at=NOW + SECOND)
        assert [decided[each].status for each in (one, two, three)] == [
            "reserved",
            "refused",
            "reserved",
        ]
    await _same_tables(both)
    async with _Work(both) as tx:
        await reserve_stock(tx, [Request(two, {"mug": 1})], Granted(), now=NOW, expires_at=NOW)
        await commit_stock(tx, [one, two], Granted(), now=NOW)
    async with _Work(both) as tx:
        await release_stock(tx, [one, four], now=NOW)
    async with _Work(both) as tx:
        assert await expire_reservations(tx, now=NOW + SECOND, limit=5) == [three]
        await change_on_hand(
            tx, "tea", -1, adjustment_id=uuid7(), reason=AdjustStockReason.DAMAGED, now=NOW
        )
    await _same_tables(both)


async def test_payments_are_the_same(both: Both) -> None:
    orders = [uuid7() for _ in range(3)]

    async def authorize(now: datetime) -> None:
        async with _Work(both) as tx:
            wanted = [
                OrderToPay(
                    order_id=each, amount_minor=5, currency="GBP", token=TOKEN, traceparent="x"
                )
                for each in orders
            ]
            await authorize_payments(tx, wanted, now, claims(tx, now, room=1))

    claimed: list[Payment] = []
    memory = Memory()

    def claims(tx: Transaction, now: datetime, room: int) -> Claims:
        return Claims(
            tx,
            room=room,
            now=now,
            until=now + SECOND,
            begin=claimed.extend,
            leave=payments_store.notify_due,
        )

    await authorize(NOW)
    async with _Work(both) as tx:
        claimed += await payments_store.claim(tx, NOW, SECOND, 3)
        assert len(claimed) == 3
    await _same_tables(both)
    async with _Work(both) as tx:
        calls = [
            _called(claimed[0], Operation.AUTHORIZE, Approved("r")),
            _called(claimed[1], Operation.AUTHORIZE, Declined(DeclineCode.CARD_DECLINED)),
            _called(claimed[2], Operation.AUTHORIZE, CallAgain(NOW + SECOND)),
        ]
        await record_answers(tx, calls, NOW, claims(tx, NOW, room=0), memory)
    await authorize(NOW + SECOND)
    async with _Work(both) as tx:
        await capture_payments(tx, orders, NOW, claims(tx, NOW, room=1), memory)
        captured = _called(claimed[0], Operation.CAPTURE, Approved("r"))
        await record_answers(tx, [captured], NOW, claims(tx, NOW, room=0), memory)
    async with _Work(both) as tx:
        everybody = [(each, "x") for each in (*orders, uuid7())]
        await reverse_payments(tx, everybody, NOW, claims(tx, NOW, room=0))
    await _same_tables(both)


def _called(payment: Payment, operation: Operation, answer: Any) -> Call:
    return Call(payment=payment, operation=operation, answer=answer)


async def test_orders_and_sagas_are_the_same(both: Both) -> None:
    clock = ManualClock(NOW)
    sagas = Sagas(clock)
    sagas.add(OrderSagaStore(clock), PLACE_ORDER)
    placed = [_order(n) for n in range(3)]
    async with _Work(both) as tx:
        for amount, tea, mug in ((5, 1, 2), (6, 2, 1)):
            prices = [PriceRow("tea", amount, "GBP", tea), PriceRow("mug", amount, "GBP", mug)]
            await orders_store.upsert_prices(tx, prices)
        await orders_store.insert_orders(tx, placed)
        await sagas.start(
            tx, PLACE_ORDER.name, [SagaStart(order.order_id, order) for order in placed]
        )
    await _same_tables(both)
    async with _Work(both) as tx:
        refused = received.StockRefused(order_id=placed[1].order_id, shortages=[])
        sagas.receive(
            tx,
            [
                _event(received.StockReserved(order_id=placed[0].order_id, expires_at=NOW)),
                _event(refused),
            ],
        )
    async with _Work(both) as tx:
        await sagas.cancel(tx, placed[0].order_id)
        assert (
            await sagas.take_due(tx, NOW + timedelta(hours=1), 5) == 2
        )  # the refused one is undone
    await _same_tables(both)


def _order(number: int) -> Order:
    return Order(
        order_id=uuid7(), reference=None, customer_ref="c", status=OrderStatus.PLACED,
        currency="GBP", lines=(Line("tea", 1 + number, 6), Line("mug", 1, 5)),
        total_minor=10, payment_token=TOKEN, placed_at=NOW, updated_at=NOW,
    )  # fmt: skip


def _event(data: BaseModel) -> Event[Any]:
    key = str(data.order_id)  # type: ignore[attr-defined]
    return Event(uuid7(), "t", "s", NOW, key, data, "")


async def test_outbox_and_relay_are_the_same(both: Both) -> None:
    connection = Connection(cast("Any", both))
    async with _Work(both) as tx:
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
    await _same_tables(both)


async def test_inbox_and_dead_letters_are_the_same(both: Both) -> None:
    events = [uuid7() for _ in range(3)]
    async with _Work(both) as tx:
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
    async with _Work(both) as tx:
        letter = await dead_letters.first_due(tx, NOW)
        assert letter is not None
        await dead_letters.record_failure(tx, letter, state="retrying", error="e", due_at=NOW)
        await dead_letters.remove(tx, letter)
        await dead_letters.discard(tx, events[2])
        await dead_letters.retry(tx, events[2], NOW)
    await _same_tables(both)


def _delivery(event_id: UUID) -> Delivery:
    arrival = InboundRecord("t", 0, 0, b"k", [("a", b"b")], b"{}")
    return Delivery(event_id, "e", arrival, OrderingKey("t", "k"), None, "h", None)


async def test_idempotency_keys_are_the_same(both: Both) -> None:
    requests = [idempotency.KeyedRequest("p", "o", key, b"f") for key in ("one", "two")]
    answer = idempotency.StoredAnswer(201, (("a", "b"),), b"{}")
    async with _Work(both) as tx:
        for each in requests:
            assert await idempotency.claim(tx, each) is idempotency.Claim.OURS
        await idempotency.store(tx, [(requests[0], answer)])
    async with _Work(both) as tx:
        assert await idempotency.check(tx, requests) == [answer, idempotency.Claim.OURS]
        assert await idempotency.claim(tx, requests[0]) == answer
    with pytest.raises(ConcurrencyConflictError):
        async with _Work(both) as tx:
            await idempotency.store(tx, [(requests[0], answer)])
    await _same_tables(both)
