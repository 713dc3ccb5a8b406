"""The dashboard of one service, from its contract and from the metrics that it declares itself."""

from collections.abc import Sequence

from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.observe.own_metrics import OwnMetric
from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    both,
    highest,
    quantiles,
    rate,
    total,
)
from waybill_toolkit.contracts.observe.shared import (
    connection_waiters,
    dead_letters,
    errors,
    lag_age,
    memory,
    outbox_age,
    outbox_events,
    processor_time,
    published,
    transaction_duration,
    transactions,
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
        sent = [published("type", where=job), outbox_events(job), outbox_age(job)]
        rows.append(Row("Events published", sent))
    if facts.has_database:
        work = [
            transactions("outcome", where=job),
            transaction_duration(job),
            connection_waiters(job),
        ]
        rows.append(Row("Database", work))
    rows.append(Row("Processes", _processes(job)))
    return Dashboard(facts.name, facts.name, f"The service {facts.name}.", rows)


def _requests(job: str) -> list[Panel]:
    return [
        Panel(
            "Requests a second, by operation",
            [rate("waybill_http_requests_total", "operation", where=job)],
            "reqps",
        ),
        errors("operation", "status", where=job),
        Panel(
            "Duration, 99th percentile",
            quantiles("waybill_http_request_duration_seconds", "operation", where=job)[1:],
            "s",
        ),
    ]


def _own(metric: OwnMetric, job: str) -> Panel:
    title = metric.name.removeprefix("waybill_").removesuffix("_total").replace("_", " ")
    legend = "" if metric.labels else metric.unit
    if metric.kind == "histogram":
        return Panel(title, quantiles(metric.name, *metric.labels, where=job), "s", metric.help)
    if metric.kind == "counter":
        query = rate(metric.name, *metric.labels, where=job, legend=legend)
        return Panel(f"{title}, a second", [query], "ops", metric.help)
    ask = highest if metric.scope == "service" else total
    query = ask(metric.name, *metric.labels, where=job, legend=legend)
    return Panel(title, [query], "none", metric.help)


def _received(job: str) -> list[Panel]:
    not_at_once = both(job, 'outcome!~"processed|duplicate"')
    return [
        Panel(
            "Events a second, by type",
            [rate("waybill_events_received_total", "type", where=job)],
            "ops",
        ),
        Panel(
            "Not processed at once",
            [rate("waybill_events_received_total", "type", "outcome", where=not_at_once)],
            "ops",
        ),
        Panel(
            "From an event to its effect, 99th percentile",
            quantiles("waybill_event_latency_seconds", "type", where=job)[1:],
            "s",
        ),
        lag_age("topic", where=job),
        dead_letters(job),
        Panel(
            "Duration of a batch",
            quantiles("waybill_consumer_batch_duration_seconds", where=job),
            "s",
        ),
    ]


def _processes(job: str) -> list[Panel]:
    started = f"time() - max by (instance) (waybill_process_start_time_seconds{{{job}}})"
    return [
        processor_time("process", where=job),
        memory("instance", "process", where=job),
        Panel("Started", [Query(started, "{{instance}}")], "s", "Time since the last start."),
    ]
