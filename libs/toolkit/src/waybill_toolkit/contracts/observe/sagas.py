"""The dashboard of sagas."""

from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    highest,
    rate,
)


def sagas() -> Dashboard:
    """Return the page of all sagas."""
    step = "{{definition}} {{step}} {{direction}}"
    labels = "definition, step, direction"
    panels = [
        Panel("Open, by step", [Query(highest("waybill_sagas_open", labels), step)], "none"),
        Panel(
            "Longest wait, by step",
            [Query(highest("waybill_saga_oldest_seconds", labels), step)],
            "s",
        ),
        Panel(
            "Answers that did not arrive in time",
            [Query(rate("waybill_saga_timeouts_total", labels), step)],
            "ops",
        ),
    ]
    flow = [
        Panel(
            "Transitions a second",
            [
                Query(
                    rate("waybill_saga_transitions_total", "definition, state"),
                    "{{definition}} {{state}}",
                )
            ],
            "ops",
        ),
        Panel(
            "Ended a second",
            [
                Query(
                    rate("waybill_sagas_ended_total", "definition, outcome, reason"),
                    "{{definition}} {{outcome}} {{reason}}",
                )
            ],
            "ops",
        ),
    ]
    text = "Where orders and other sagas are, and how long they have waited there."
    return Dashboard("sagas", "sagas", text, [Row("Waiting", panels), Row("Moving", flow)])
