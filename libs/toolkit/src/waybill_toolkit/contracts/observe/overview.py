"""The dashboard to open first."""

from collections.abc import Mapping

from waybill_toolkit.contracts.observe.objectives import Objective
from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    highest,
    quantiles,
    rate,
    total,
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
            Row("Work that waits", _waiting()),
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
                Query(rate("waybill_orders_placed_total"), "accepted"),
                Query(rate("waybill_orders_settled_total", "outcome"), "{{outcome}}"),
            ],
            "ops",
        ),
        Panel(
            "From accepted to confirmed or rejected",
            quantiles("waybill_orders_settled_seconds", settled),
            "s",
            "The objective is 10 s.",
        ),
        Panel(
            "Rejected, by reason",
            [
                Query(
                    rate("waybill_orders_settled_total", "reason", 'outcome="rejected"'),
                    "{{reason}}",
                )
            ],
            "ops",
            stacked=True,
        ),
    ]


def _requests() -> list[Panel]:
    return [
        Panel(
            "Requests a second, by class",
            [Query(rate("waybill_http_requests_total", "class", _GATEWAY), "{{class}}")],
            "reqps",
        ),
        Panel(
            "Errors a second, by status",
            [
                Query(
                    rate(
                        "waybill_http_requests_total",
                        "status",
                        f'{_GATEWAY}, status=~"4xx|5xx|closed"',
                    ),
                    "{{status}}",
                )
            ],
            "reqps",
        ),
        Panel(
            "Duration",
            quantiles("waybill_http_request_duration_seconds", _GATEWAY, "class"),
            "s",
        ),
    ]


def _waiting() -> list[Panel]:
    return [
        Panel(
            "Oldest event in the outbox",
            [Query(highest("waybill_outbox_oldest_seconds", "job"), "{{job}}")],
            "s",
        ),
        Panel(
            "Age of the oldest event that is not processed",
            [Query(highest("waybill_consumer_lag_seconds", "job"), "{{job}}")],
            "s",
        ),
        Panel(
            "Events set aside",
            [Query(highest("waybill_dead_letters", "job, state"), "{{job}} {{state}}")],
            "none",
        ),
    ]


def _processes() -> list[Panel]:
    return [
        Panel(
            "Replicas that answer",
            [Query("count by (service, version) (waybill_build_info)", "{{service}} {{version}}")],
            "none",
        ),
        Panel(
            "Processor time, in cores",
            [Query(rate("waybill_process_cpu_seconds_total", "job"), "{{job}}")],
            "short",
            stacked=True,
        ),
        Panel(
            "Memory",
            [Query(total("waybill_process_resident_memory_bytes", "job"), "{{job}}")],
            "bytes",
            stacked=True,
        ),
    ]
