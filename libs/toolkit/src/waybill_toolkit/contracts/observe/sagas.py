"""The dashboard of sagas."""

from waybill_toolkit.contracts.observe.panels import Dashboard, Panel, Row, highest, rate


def sagas() -> Dashboard:
    """Return the page of all sagas."""
    step = ("definition", "step", "direction")
    waiting = [
        Panel("Open, by step", [highest("waybill_sagas_open", *step)], "none"),
        Panel("Longest wait, by step", [highest("waybill_saga_oldest_seconds", *step)], "s"),
        Panel(
            "Answers that did not arrive in time",
            [rate("waybill_saga_timeouts_total", *step)],
            "ops",
        ),
    ]
    moving = [
        Panel(
            "Transitions a second",
            [rate("waybill_saga_transitions_total", "definition", "state")],
            "ops",
        ),
        Panel(
            "Ended a second",
            [rate("waybill_sagas_ended_total", "definition", "outcome", "reason")],
            "ops",
        ),
    ]
    text = "Where orders and other sagas are, and how long they have waited there."
    return Dashboard("sagas", "sagas", text, [Row("Waiting", waiting), Row("Moving", moving)])
