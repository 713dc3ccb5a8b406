"""Every statement that the services send gets the same result from both PostgreSQLs.

The services' own code runs on both: each statement goes to both, and the results and, at the end,
the tables must be equal.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel
from tests.simulation.both import Both, BothTransaction, assert_same_tables
from tests.simulation.conftest import NOW, Port

from inventory.commands.commit_stock import commit_stock
from inventory.commands.expire_reservations import expire_reservations
from inventory.commands.release_stock import release_stock
from inventory.commands.reserve_stock import reserve_stock
from inventory.contract.models import AdjustStockReason
from inventory.domain import Request
from inventory.granted import Granted
from inventory.store import change_on_hand
from orders import queries as orders_queries
from orders import store as orders_store
from orders.commands.apply_transitions import OrderSagaStore
from orders.contract import received
from orders.contract.models import OrderStatus
from orders.domain import Order
from orders.price_lists import DatedPrice, PriceList
from orders.saga import PLACE_ORDER
from orders.totals import Line
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
from waybill.ids import uuid7
from waybill.money import Money
from waybill.postgres import Transaction
from waybill.saga import Sagas, SagaStart

SECOND = timedelta(seconds=1)
TOKEN = "tok_approve"  # noqa: S105 (a card of the sandbox)
CLERK = "user:clerk"


@pytest.fixture
async def both(simulated: Port, real: Port) -> Both:
    return Both(await simulated.open(), await real.open())


async def test_reservations_are_the_same(both: Both) -> None:
    one, two, three, four = (uuid7() for _ in range(4))
    for sku, units in (("tea", 5), ("mug", 1)):
        async with BothTransaction(both) as tx:
            await change_on_hand(
                tx, sku, units, adjustment_id=uuid7(), reason=AdjustStockReason.RECEIVED, now=NOW
            )
    async with BothTransaction(both) as tx:
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
    await assert_same_tables(both)
    async with BothTransaction(both) as tx:
        await reserve_stock(tx, [Request(two, {"mug": 1})], Granted(), now=NOW, expires_at=NOW)
        await commit_stock(tx, [one, two], Granted(), now=NOW)
    async with BothTransaction(both) as tx:
        await release_stock(tx, [one, four], now=NOW)
    async with BothTransaction(both) as tx:
        assert await expire_reservations(tx, now=NOW + SECOND, limit=5) == [three]
        await change_on_hand(
            tx, "tea", -1, adjustment_id=uuid7(), reason=AdjustStockReason.DAMAGED, now=NOW
        )
    await assert_same_tables(both)


async def test_payments_are_the_same(both: Both) -> None:
    orders = [uuid7() for _ in range(3)]

    async def authorize(now: datetime) -> None:
        async with BothTransaction(both) as tx:
            wanted = [
                OrderToPay(
                    order_id=each,
                    customer_ref="alice",
                    amount_minor=5,
                    currency="GBP",
                    sealed_token=TOKEN,
                    traceparent="x",
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
    async with BothTransaction(both) as tx:
        claimed += await payments_store.claim(tx, NOW, SECOND, 3)
        assert len(claimed) == 3
    await assert_same_tables(both)
    async with BothTransaction(both) as tx:
        calls = [
            _called(claimed[0], Operation.AUTHORIZE, Approved("r")),
            _called(claimed[1], Operation.AUTHORIZE, Declined(DeclineCode.CARD_DECLINED)),
            _called(claimed[2], Operation.AUTHORIZE, CallAgain(NOW + SECOND)),
        ]
        await record_answers(tx, calls, NOW, claims(tx, NOW, room=0), memory)
    await authorize(NOW + SECOND)
    async with BothTransaction(both) as tx:
        commands = [(each, _event(received.StockReleased(order_id=each))) for each in orders]
        await capture_payments(tx, commands, NOW, claims(tx, NOW, room=1), memory)
        captured = _called(claimed[0], Operation.CAPTURE, Approved("r"))
        await record_answers(tx, [captured], NOW, claims(tx, NOW, room=0), memory)
    async with BothTransaction(both) as tx:
        unknown = uuid7()
        commands.append((unknown, _event(received.StockReleased(order_id=unknown))))
        await reverse_payments(tx, commands, NOW, claims(tx, NOW, room=0))
    await assert_same_tables(both)


def _called(payment: Payment, operation: Operation, answer: Any) -> Call:
    return Call(payment=payment, operation=operation, answer=answer)


async def test_orders_and_sagas_are_the_same(both: Both) -> None:
    clock = ManualClock(NOW)
    sagas = Sagas(clock)
    sagas.add(OrderSagaStore(clock), PLACE_ORDER)
    placed = [_order(n) for n in range(3)]
    known: dict[str, PriceList] = {}
    async with BothTransaction(both) as tx:
        for amount, tea, mug in ((5, 1, 2), (6, 2, 1)):
            price = DatedPrice(Money(amount, "GBP"), valid_from=NOW)
            lists = {"tea": PriceList(tea, (price,)), "mug": PriceList(mug, (price, price))}
            await orders_store.write_price_lists(tx, lists)
            known |= {sku: each for sku, each in lists.items() if each.version == 2}
        assert await orders_queries.find_prices(tx, known) == known
        await orders_store.insert_orders(tx, placed, known)
        await sagas.start(
            tx, PLACE_ORDER.name, [SagaStart(order.order_id, order) for order in placed]
        )
    await assert_same_tables(both)
    async with BothTransaction(both) as tx:
        refused = received.StockRefused(order_id=placed[1].order_id, shortages=[])
        sagas.receive(
            tx,
            [
                _event(received.StockReserved(order_id=placed[0].order_id, expires_at=NOW)),
                _event(refused),
            ],
        )
    async with BothTransaction(both) as tx:
        await sagas.cancel(tx, placed[0].order_id)
        assert (
            await sagas.take_due(tx, NOW + timedelta(hours=1), 5) == 2
        )  # the refused one is undone
    await assert_same_tables(both)


def _order(number: int) -> Order:
    return Order(
        order_id=uuid7(), reference=None, customer_ref="c", status=OrderStatus.PLACED,
        currency="GBP", lines=(Line("tea", 1 + number, 6), Line("mug", 1, 5)),
        total_minor=10, sealed_token=TOKEN, placed_at=NOW, updated_at=NOW,
    )  # fmt: skip


def _event(data: BaseModel) -> Event[Any]:
    key = str(data.order_id)  # type: ignore[attr-defined]
    return Event(uuid7(), "t", "s", NOW, key, data, "", CLERK)
