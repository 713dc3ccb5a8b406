"""The dashboard to open first."""

from collections.abc import Mapping

from waybill_toolkit.contracts.observe.objectives import Objective
from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    grouped,
    quantiles,
    rate,
)
from waybill_toolkit.contracts.observe.shared import (
    dead_letters,
    errors,
    lag_age,
    memory,
    outbox_age,
    processor_time,
)

_GATEWAY = 'job="gateway"'


def overview(objectives: Mapping[str, Objective]) -> Dashboard:
    """Return the page to open first: promises, orders, requests, and work that waits."""
    return Dashboard(
        "overview",
        "overview",
        "What clients see, what orders do, and what waits.",
        [
            Row("Alerts", [_alerts()]),
            Row("Promises to clients", [_budget(name, each) for name, each in objectives.items()]),
            Row("Orders", _orders()),
            Row("Requests, at the gateway", _requests()),
            Row("Work that waits", [outbox_age(), lag_age("job"), dead_letters()]),
            Row("Processes", _processes()),
        ],
    )


def _alerts() -> Panel:
    firing = (
        'sum by (alertname, severity, job) (ALERTS{alertstate="firing", alertname=~"Waybill.*"})'
    )
    return Panel(
        "Alerts that fire",
        [Query(firing, "{{alertname}} {{job}}")],
        "none",
        "Each has a section in docs/runbooks.md. No data: nothing fires.",
    )


def _budget(name: str, objective: Objective) -> Panel:
    bad = f'waybill:bad_events:ratio_rate{{}}{{{{objective="{name}"}}}}'
    return Panel(
        f"Bad events: {name}",
        [
            Query(bad.format("5m"), "5 minutes"),
            Query(bad.format("1h"), "1 hour"),
            Query(f"vector({objective.budget:g})", "objective"),
        ],
        "percentunit",
        f"{objective.promise} {objective.objective:g} % in 30 days.",
    )


def _orders() -> list[Panel]:
    settled = 'outcome=~"confirmed|rejected"'
    return [
        Panel(
            "Orders a second",
            [
                rate("waybill_orders_placed_total", legend="accepted"),
                rate("waybill_orders_settled_total", "outcome"),
            ],
            "ops",
        ),
        Panel(
            "From accepted to confirmed or rejected",
            quantiles("waybill_orders_settled_seconds", where=settled),
            "s",
            "The objective is 10 s.",
        ),
        Panel(
            "Rejected, by reason",
            [rate("waybill_orders_settled_total", "reason", where='outcome="rejected"')],
            "ops",
            stacked=True,
        ),
    ]


def _requests() -> list[Panel]:
    return [
        Panel(
            "Requests a second, by class",
            [rate("waybill_http_requests_total", "class", where=_GATEWAY)],
            "reqps",
        ),
        errors("status", where=_GATEWAY),
        Panel(
            "Duration",
            quantiles("waybill_http_request_duration_seconds", "class", where=_GATEWAY),
            "s",
        ),
    ]


def _processes() -> list[Panel]:
    return [
        Panel(
            "Replicas that answer",
            [grouped("count", "waybill_build_info", "service", "version")],
            "none",
        ),
        processor_time("job"),
        memory("job"),
    ]
