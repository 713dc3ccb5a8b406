"""Measures sagas; see `metrics`. Each call is for transitions that are committed."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from waybill.saga.advance import Position, Signal
from waybill.saga.definition import Saga
from waybill.saga.metrics import ENDED, TIMEOUTS, TRANSITIONS
from waybill.saga.rows import Change, state_of


def count_started(saga: Saga[Any, Any], at: Position, sagas: int) -> None:
    """Count sagas that have started."""
    TRANSITIONS.labels(saga.name, state_of(saga, at)).inc(sagas)


def count(changes: Sequence[Change]) -> None:
    """Count transitions, ends and answers that were not in time."""
    states = Counter(
        (each.row.saga.name, state_of(each.row.saga, each.move.position)) for each in changes
    )
    for labels, transitions in states.items():
        TRANSITIONS.labels(*labels).inc(transitions)
    for change in changes:
        saga, after, before = change.row.saga, change.move.position, change.before
        if after.ended:
            reason = after.reason.code if after.reason else "none"
            ENDED.labels(saga.name, after.direction, reason).inc()
        if change.detail == Signal.DEADLINE.value:
            TIMEOUTS.labels(saga.name, saga.steps[before.index].name, before.direction).inc()
