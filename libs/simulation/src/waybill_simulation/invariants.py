"""What must hold at the end of every history."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import inventory.contract.events
import orders.contract.events
import orders.saga
import payments.contract.events
from payments.domain import Operation
from payments.provider import Approved
from waybill.saga import Signal
from waybill_simulation.actors import wrong_actors
from waybill_simulation.effects import Effect
from waybill_simulation.scenario import SERVICES
from waybill_simulation.shop import Shop
from waybill_simulation.stock_invariants import stock_violations
from waybill_simulation.world import World

Row = Mapping[str, Any]

_TYPES: Final = {each.message.model: each.message.type for each in orders.contract.events.RECEIVED}
_ANSWERS: Final[dict[str, frozenset[str]]] = {}
"""The events that a saga waits for in each state of its history."""
for _step in orders.saga.PLACE_ORDER.steps:
    _ANSWERS[_step.name] = frozenset({_TYPES[_step.done]})
    if _step.compensation is not None:
        _ANSWERS[f"compensate {_step.name}"] = frozenset(
            _TYPES[done] for done in _step.compensation.done
        )

RECEIVED: Final[dict[tuple[str, str], list[str]]] = {}
for _service, _events in (
    ("orders", orders.contract.events),
    ("inventory", inventory.contract.events),
    ("payments", payments.contract.events),
):
    for _each in _events.RECEIVED:
        RECEIVED.setdefault((_each.message.topic, _each.message.type), []).append(_service)


def unfinished(world: World, shop: Shop) -> Iterator[str]:
    """Yield what is unfinished; nothing when all work has finished."""
    if not shop.is_done:
        yield "customers are waiting"
    for saga in world.rows("orders", "sagas"):
        if saga["deadline_at"] is not None:
            yield f"saga is at {saga['direction']} {saga['position']}"
    for payment in world.rows("payments", "payments"):
        if payment["due_at"] is not None:
            yield f"payment is {payment['status']}"
    for reservation in world.rows("inventory", "reservations"):
        if reservation["status"] == "reserved":
            yield "units are reserved"
    if world.rows("inventory", "expiring_reservations"):
        yield "reservations are expiring"
    yield from _under_way(world)


def _under_way(world: World) -> Iterator[str]:
    done = {(effect.service, effect.event_id) for effect in world.effects}
    for service in SERVICES:
        for event in world.rows(service, "outbox"):
            if event["offset"] is None:
                yield f"{event['type']} is not published"
            for receiver in RECEIVED.get((event["topic"], event["type"]), ()):
                if (receiver, event["event_id"]) not in done:
                    yield f"{event['type']} has had no effect in {receiver}"


def violations(world: World, shop: Shop) -> list[str]:
    """Return the violations of the invariants."""
    return [
        *world.replicas.crashes,
        *(f"{type(e).__name__}: {e}" for e in world.network.loop.failures),
        *_orders(world, shop),
        *stock_violations(world),
        *_money(world),
        *_effects(world),
        *_letters(world),
        *_saga_histories(world),
        *_published(world),
        *wrong_actors(world, shop),
    ]


def _orders(world: World, shop: Shop) -> Iterator[str]:
    by_reference: dict[str, list[Row]] = defaultdict(list)
    for order in world.rows("orders", "orders"):
        by_reference[order["reference"]].append(order)
    for customer in shop.customers:
        placed = by_reference.get(customer.reference, [])
        if len(placed) > 1:
            yield f"{customer.reference} was placed {len(placed)} times"
        if customer.order_id is not None and customer.order_id not in {
            o["order_id"] for o in placed
        }:
            yield f"{customer.reference} was acknowledged and is missing"
        if customer.is_refused and placed:
            yield f"{customer.reference} was refused and exists"
        if customer.is_cancelled and any(o["status"] == "confirmed" for o in placed):
            yield f"{customer.reference} was cancelled and is confirmed"
    sagas = {saga["saga_id"]: saga for saga in world.rows("orders", "sagas")}
    for order in world.rows("orders", "orders"):
        saga = sagas.get(order["order_id"])
        ends = {"completed": {"confirmed"}, "compensated": {"rejected", "cancelled"}}
        if saga is None:
            yield "an order has no saga"
        elif order["status"] not in ends.get(saga["direction"], {order["status"]}):
            yield f"an order is {order['status']}, its saga {saga['direction']}"


def _money(world: World) -> Iterator[str]:
    orders = {order["order_id"]: order for order in world.rows("orders", "orders")}
    order_of = {p["payment_id"]: p["order_id"] for p in world.rows("payments", "payments")}
    done: dict[UUID, Counter[Operation]] = defaultdict(Counter)
    for charge in world.bank.charges.values():
        if isinstance(charge.answer, Approved):
            order_id = order_of.get(charge.payment_id)
            if order_id is None:
                yield f"the provider executed {charge.operation} for an unknown payment"
                continue
            done[order_id][charge.operation] += 1
            if charge.amount_minor != orders[order_id]["total_minor"]:
                yield f"the provider was asked for {charge.amount_minor}"
    for order_id, order in orders.items():
        yield from _charged(order, done[order_id])
    yield from _ledger(world)


def _charged(order: Row, done: Counter[Operation]) -> Iterator[str]:
    name, status = order["reference"], order["status"]
    for operation, times in done.items():
        if times > 1:
            yield f"{name}: the provider executed {operation} {times} times"
    taken = done[Operation.CAPTURE] - done[Operation.REFUND]
    held = done[Operation.AUTHORIZE] - done[Operation.VOID] - done[Operation.CAPTURE]
    if status == "confirmed" and taken != 1:
        yield f"{name} is confirmed and paid {taken} times"
    if status in ("rejected", "cancelled") and taken:
        yield f"{name} is {status} and paid"
    if status in ("confirmed", "rejected", "cancelled") and held:
        yield f"{name} is {status} and money is held"


def _ledger(world: World) -> Iterator[str]:
    balances: Counter[str] = Counter()
    for entry in world.rows("payments", "ledger_entries"):
        balances[entry["account"]] += entry["amount_minor"]
    owed = sum(
        p["captured_minor"] - p["refunded_minor"] for p in world.rows("payments", "payments")
    )
    if balances["provider_balance"] != owed or balances["customer_payments"] != -owed:
        yield f"the ledger says {dict(balances)}, the payments {owed}"


def _effects(world: World) -> Iterator[str]:
    sent: dict[UUID, Row] = {}
    for service in SERVICES:
        for event in world.rows(service, "outbox"):
            sent[event["event_id"]] = event
    times = Counter((effect.service, effect.event_id) for effect in world.effects)
    last: dict[tuple[str, str, str], int] = {}
    for effect in world.effects:
        if effect.event_id not in sent:
            yield f"an event took effect in {effect.service} that was not sent"
            continue
        event = sent[effect.event_id]
        line = (effect.service, effect.topic, effect.key)
        if event["position"] < last.get(line, 0):
            yield f"{event['type']} took effect in {effect.service} after a later one of its key"
        last[line] = max(event["position"], last.get(line, 0))
    for (service, event_id), count in times.items():
        if count > 1 and event_id in sent:
            yield f"{sent[event_id]['type']} took effect {count} times in {service}"


def _saga_histories(world: World) -> Iterator[str]:
    """No transition is missing from a history, and no saga times out despite an answer."""
    types = {e["event_id"]: e["type"] for each in SERVICES for e in world.rows(each, "outbox")}
    number: Counter[UUID] = Counter()
    waits_for: dict[UUID, frozenset[str]] = {}
    received: dict[UUID, set[str]] = defaultdict(set)
    for each in world.history:
        if isinstance(each, Effect):
            received[UUID(each.key)].add(types[each.event_id])
            continue
        saga_id = each["saga_id"]
        number[saga_id] += 1
        if each["number"] != number[saga_id]:
            yield f"transition {number[saga_id]} of a saga has the number {each['number']}"
        if each["detail"] == Signal.DEADLINE.value:
            for answer in received[saga_id] & waits_for[saga_id]:
                yield f"a saga timed out waiting for {answer}, which it had received"
        received[saga_id] = set()
        waits_for[saga_id] = _ANSWERS.get(each["state"], frozenset())


def _letters(world: World) -> Iterator[str]:
    for service in SERVICES:
        for letter in world.rows(service, "dead_letters"):
            yield f"{service} has a dead letter: {letter['type']}: {letter['error']}"


def _published(world: World) -> Iterator[str]:
    """Without faults no event is published twice: there is one leader, and it marks events."""
    if world.scenario.faults:
        return
    times: Counter[bytes] = Counter()
    for log in world.broker.logs.values():
        for partition in log.partitions:
            times.update(dict(record.headers)["ce_id"] for record in partition)
    for count in times.values():
        if count > 1:
            yield f"an event was published {count} times, although there were no faults"
