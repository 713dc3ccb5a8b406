"""The dashboard of one service, from its contract and from the metrics that it declares itself."""

from collections.abc import Sequence

from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.observe.own_metrics import OwnMetric
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


def service_dashboard(facts: ServiceFacts, own: Sequence[OwnMetric]) -> Dashboard:
    """Return the page of a service: requests, its own figures, events, database, processes."""
    job = f'job="{facts.name}"'
    rows = [Row("Requests", _requests(job))]
    if own:
        rows.append(Row(f"What {facts.name} counts", [_own(each, job) for each in own]))
    if facts.receives:
        rows.append(Row("Events received", _received(job)))
    if facts.sends:
        rows.append(Row("Events published", _published(job)))
    if facts.has_database:
        rows.append(Row("Database", _database(job)))
    rows.append(Row("Processes", _processes(job)))
    return Dashboard(facts.name, facts.name, f"The service {facts.name}.", rows)


def _requests(job: str) -> list[Panel]:
    return [
        Panel(
            "Requests a second, by operation",
            [Query(rate("waybill_http_requests_total", "operation", job), "{{operation}}")],
            "reqps",
        ),
        Panel(
            "Errors a second",
            [
                Query(
                    rate(
                        "waybill_http_requests_total",
                        "operation, status",
                        f'{job}, status=~"4xx|5xx|closed"',
                    ),
                    "{{operation}} {{status}}",
                )
            ],
            "reqps",
        ),
        Panel(
            "Duration, 99th percentile",
            quantiles("waybill_http_request_duration_seconds", job, "operation")[1:],
            "s",
        ),
    ]


def _own(metric: OwnMetric, job: str) -> Panel:
    labels = ", ".join(metric.labels)
    legend = " ".join(f"{{{{{each}}}}}" for each in metric.labels) or metric.unit
    title = metric.name.removeprefix("waybill_").removesuffix("_total").replace("_", " ")
    if metric.kind == "histogram":
        queries = quantiles(metric.name, job, labels)
        return Panel(title, queries, "s", metric.help)
    if metric.kind == "counter":
        query = rate(metric.name, labels, job)
        return Panel(f"{title}, a second", [Query(query, legend)], "ops", metric.help)
    aggregate = highest if metric.scope == "service" else total
    return Panel(title, [Query(aggregate(metric.name, labels, job), legend)], "none", metric.help)


def _received(job: str) -> list[Panel]:
    return [
        Panel(
            "Events a second, by type",
            [Query(rate("waybill_events_received_total", "type", job), "{{type}}")],
            "ops",
        ),
        Panel(
            "Not processed at once",
            [
                Query(
                    rate(
                        "waybill_events_received_total",
                        "type, outcome",
                        f'{job}, outcome!~"processed|duplicate"',
                    ),
                    "{{type}} {{outcome}}",
                )
            ],
            "ops",
        ),
        Panel(
            "From an event to its effect, 99th percentile",
            quantiles("waybill_event_latency_seconds", job, "type")[1:],
            "s",
        ),
        Panel(
            "Lag, by topic",
            [Query(highest("waybill_consumer_lag_seconds", "topic", job), "{{topic}}")],
            "s",
        ),
        Panel(
            "Events set aside",
            [Query(highest("waybill_dead_letters", "state", job), "{{state}}")],
            "none",
        ),
        Panel(
            "Duration of a batch", quantiles("waybill_consumer_batch_duration_seconds", job), "s"
        ),
    ]


def _published(job: str) -> list[Panel]:
    return [
        Panel(
            "Events a second, by type",
            [Query(rate("waybill_events_published_total", "type", job), "{{type}}")],
            "ops",
        ),
        Panel(
            "In the outbox",
            [Query(highest("waybill_outbox_events", where=job), "events")],
            "none",
        ),
        Panel(
            "Oldest in the outbox",
            [Query(highest("waybill_outbox_oldest_seconds", where=job), "age")],
            "s",
        ),
    ]


def _database(job: str) -> list[Panel]:
    return [
        Panel(
            "Transactions a second",
            [Query(rate("waybill_database_transactions_total", "outcome", job), "{{outcome}}")],
            "ops",
        ),
        Panel(
            "Duration of a transaction",
            quantiles("waybill_database_transaction_duration_seconds", job),
            "s",
        ),
        Panel(
            "Waiting for a connection",
            [Query(total("waybill_database_connection_waiters", "process", job), "{{process}}")],
            "none",
        ),
    ]


def _processes(job: str) -> list[Panel]:
    return [
        Panel(
            "Processor time, in cores",
            [Query(rate("waybill_process_cpu_seconds_total", "process", job), "{{process}}")],
        ),
        Panel(
            "Memory",
            [
                Query(
                    total("waybill_process_resident_memory_bytes", "instance, process", job),
                    "{{instance}} {{process}}",
                )
            ],
            "bytes",
        ),
        Panel(
            "Started",
            [
                Query(
                    f"time() - max by (instance) (waybill_process_start_time_seconds{{{job}}})",
                    "{{instance}}",
                )
            ],
            "s",
            "Time since the last start.",
        ),
    ]
