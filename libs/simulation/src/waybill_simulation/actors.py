"""Each event and each transition has the actor of what caused it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final
from uuid import UUID

from waybill.actor import SYSTEM
from waybill.saga import Signal
from waybill_simulation.scenario import SERVICES
from waybill_simulation.shop import Shop
from waybill_simulation.world import World

Row = Mapping[str, Any]

_EXPIRED: Final = "inventory.reservation-expired.v1"
"""Sent by a timer."""
_REVERSE: Final = "payments.reverse-payment.v1"
_REVERSED: Final = ("payments.payment-voided.v1", "payments.payment-refunded.v1")
_ENDS: Final = ("completed", "compensated")
"""The states of a saga whose transition sends no command."""


def wrong_actors(world: World, shop: Shop) -> Iterator[str]:
    """Yield the events and transitions that have another actor than their cause."""
    sent = _by_key({each: world.rows(each, "outbox") for each in SERVICES})
    moves: dict[str, list[Row]] = defaultdict(list)
    for move in world.rows("orders", "saga_transitions"):
        moves[str(move["saga_id"])].append(move)
    taken = _commands_taken(world, sent)
    customers = {each.reference: each for each in shop.customers}
    for order in world.rows("orders", "orders"):
        key, customer = str(order["order_id"]), customers[order["reference"]]
        transitions = sorted(moves[key], key=lambda move: move["number"])
        yield from _transitions(transitions, sent, customer.buyer.actor, customer.clerk.actor)
        yield from _of_orders(sent["orders", key], transitions)
        yield from _of_inventory(sent["inventory", key], taken["inventory", key])
        yield from _of_payments(sent["payments", key], taken["payments", key])


def _by_key(outboxes: Mapping[str, list[Row]]) -> dict[tuple[str, str], list[Row]]:
    """Return the events of each service and key, in the order in which they were sent."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for service, events in outboxes.items():
        for event in sorted(events, key=lambda each: each["position"]):
            found[service, event["key"]].append(event)
    return found


def _commands_taken(
    world: World, sent: Mapping[tuple[str, str], list[Row]]
) -> dict[tuple[str, str], list[Row]]:
    """Return the commands that took effect in each service, by key, in their order."""
    commands = {each["event_id"]: each for each in chain.from_iterable(sent.values())}
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for effect in world.effects:
        if effect.event_id in commands:
            found[effect.service, effect.key].append(commands[effect.event_id])
    return found


def _transitions(
    transitions: list[Row],
    sent: Mapping[tuple[str, str], list[Row]],
    buyer: str,
    clerk: str,
) -> Iterator[str]:
    events: dict[UUID, Row] = {e["event_id"]: e for e in chain.from_iterable(sent.values())}
    signals = {Signal.CANCEL.value: clerk, Signal.DEADLINE.value: SYSTEM, "started": buyer}
    for move in transitions:
        cause = events.get(move["event_id"])
        expected = cause["actor"] if cause else signals.get(move["detail"])
        if move["actor"] is None or move["actor"] != expected:
            yield f"a transition by {move['detail']} has the actor {move['actor']}, not {expected}"


def _of_orders(events: list[Row], transitions: list[Row]) -> Iterator[str]:
    """Compare commands, one of each transition, and other events, which some transition sent."""
    commands = [each for each in events if not each["topic"].startswith("orders.")]
    causes = [each for each in transitions if each["state"] not in _ENDS]
    for command, cause in zip(commands, causes, strict=False):
        yield from _compared(command, {cause["actor"]})
    for event in events:
        if event["type"] == "orders.order-placed.v1":
            yield from _compared(event, {each["actor"] for each in transitions[:1]})
        elif event not in commands:
            yield from _compared(event, {each["actor"] for each in transitions})


def _of_inventory(events: list[Row], commands: list[Row]) -> Iterator[str]:
    """Compare answers, one for each command."""
    answers = [each for each in events if each["type"] != _EXPIRED]
    for answer, command in zip(answers, commands, strict=False):
        yield from _compared(answer, {command["actor"]})
    for event in events:
        if event["type"] == _EXPIRED:
            yield from _compared(event, {SYSTEM})


def _of_payments(events: list[Row], commands: list[Row]) -> Iterator[str]:
    """Compare answers, which come later: by then another command may be the last one.

    That a payment is reversed is also the answer to any command that comes after the first reverse.
    """
    reverses = [each["type"] == _REVERSE for each in commands]
    since_reversed = commands[reverses.index(True) :] if any(reverses) else []
    for event in events:
        causes = since_reversed if event["type"] in _REVERSED else commands
        yield from _compared(event, {each["actor"] for each in causes})


def _compared(event: Row, expected: set[str | None]) -> Iterator[str]:
    if event["actor"] is None or event["actor"] not in expected:
        shown = " or ".join(sorted(map(str, expected)))
        yield f"{event['type']} has the actor {event['actor']}, not {shown}"
