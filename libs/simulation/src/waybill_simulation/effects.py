"""Records the effects of events, in the transactions of their event handlers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from waybill.postgres import Transaction
from waybill.receiving.event_router import EventRouter
from waybill_simulation.loop import PROCESS
from waybill_simulation.replicas import Node

_NOTE_EFFECTS: Final = """
    insert into effects (event_id, topic, key)
    select * from unnest($1::uuid[], $2::text[], $3::text[])
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """The committed effect of an event in a service."""

    service: str
    event_id: UUID
    topic: str
    key: str


async def _note_effects(tx: Transaction, effects: Sequence[tuple[UUID, str, str]]) -> None:
    await tx.enqueue(_NOTE_EFFECTS, *map(list, zip(*effects, strict=True)))


def observe_effects() -> None:
    """Record event handlers in their own transactions; some of them fail at first."""
    react = EventRouter.react

    # Any: it wraps the event handlers of every transaction.
    async def observed(self: EventRouter, tx: Any, handler: str, events: Sequence[Any]) -> None:  # noqa: ANN401
        await react(self, tx, handler, events)
        node = PROCESS.get()
        failures = node.failures if isinstance(node, Node) else None
        if failures and failures.happen and any(failures.fails(each.id) for each in events):
            raise ValueError("an event is to be parked")
        topics = {each.message.type: each.message.topic for each in self._received.values()}
        tx.defer(_note_effects, [(event.id, topics[event.type], event.key) for event in events])

    # Replaced on purpose: effects are recorded where they happen.
    EventRouter.react = observed  # type: ignore[method-assign]
