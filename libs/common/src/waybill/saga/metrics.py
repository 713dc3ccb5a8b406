"""The metrics of sagas. `definition` and `step` are the names in the service's saga.py.

`direction` is forward or compensating.
"""

from typing import Any, Final, TypeAlias

from waybill.metrics import counter, reading
from waybill.saga.definition import Saga

Place: TypeAlias = tuple[str, str, str]
"""The labels of a step: definition, step, direction."""

STEPS: Final[dict[tuple[str, int], dict[tuple[str, int], Place]]] = {}
"""By name and version of each definition of this process, then by direction and position."""


def know(saga: Saga[Any, Any]) -> None:
    """Show the steps of a definition from now on, also while no saga waits there."""
    STEPS[saga.name, saga.version] = {
        (direction, index): (saga.name, step.name, direction)
        for index, step in enumerate(saga.steps)
        for direction in (("forward", "compensating") if step.compensation else ("forward",))
    }


TRANSITIONS: Final = counter(
    "waybill_saga_transitions_total",
    "Transitions of sagas to a state: a step, `compensate` and a step, completed or compensated.",
    ("definition", "state"),
    unit="transitions",
)
ENDED: Final = counter(
    "waybill_sagas_ended_total",
    "Sagas that have ended: completed, or compensated for a reason.",
    ("definition", "outcome", "reason"),
    unit="sagas",
)
TIMEOUTS: Final = counter(
    "waybill_saga_timeouts_total",
    "Answers that did not arrive in time: the command was sent again, or the saga is compensated.",
    ("definition", "step", "direction"),
    unit="timeouts",
)
OPEN: Final = reading(
    "waybill_sagas_open",
    "Sagas that wait for the answer to a step, or to its compensation.",
    ("definition", "step", "direction"),
    unit="sagas",
    scope="service",
)
OLDEST: Final = reading(
    "waybill_saga_oldest_seconds",
    "Time since the last transition of the saga that has waited longest at this step; 0 without"
    " one.",
    ("definition", "step", "direction"),
    unit="seconds",
    scope="service",
)
