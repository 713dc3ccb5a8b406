"""Panels of several dashboards: of all services, or of those that `where` selects."""

from waybill_toolkit.contracts.observe.panels import (
    Panel,
    both,
    highest,
    quantiles,
    rate,
    total,
)


def errors(*by: str, where: str = "") -> Panel:
    """Draw the requests that failed, whoever is at fault."""
    failed = both(where, 'status=~"4xx|5xx|closed"')
    query = rate("waybill_http_requests_total", *by, where=failed)
    return Panel("Errors a second", [query], "reqps")


def published(*by: str, where: str = "") -> Panel:
    """Draw the events that the broker has acknowledged."""
    query = rate("waybill_events_published_total", *by, where=where)
    return Panel("Published a second", [query], "ops")


def outbox_events(where: str = "") -> Panel:
    """Draw the events that wait for the broker."""
    query = highest("waybill_outbox_events", "job", where=where)
    return Panel("Events in the outbox", [query], "none")


def outbox_age(where: str = "") -> Panel:
    """Draw how long events have waited for the broker."""
    query = highest("waybill_outbox_oldest_seconds", "job", where=where)
    return Panel("Oldest event in the outbox", [query], "s")


def lag_age(*by: str, where: str = "") -> Panel:
    """Draw how long events have waited for a consumer."""
    query = highest("waybill_consumer_lag_seconds", *by, where=where)
    return Panel("Oldest event that is not processed", [query], "s")


def dead_letters(where: str = "") -> Panel:
    """Draw the events that a consumer has set aside."""
    query = highest("waybill_dead_letters", "job", "state", where=where)
    return Panel("Events set aside", [query], "none")


def transactions(*by: str, where: str = "") -> Panel:
    """Draw the transactions of services."""
    query = rate("waybill_database_transactions_total", *by, where=where)
    return Panel("Transactions a second", [query], "ops")


def transaction_duration(where: str = "") -> Panel:
    """Draw how long transactions take."""
    queries = quantiles("waybill_database_transaction_duration_seconds", "job", where=where)
    return Panel("Duration of a transaction", queries, "s")


def connection_waiters(where: str = "") -> Panel:
    """Draw who waits for a connection to the database."""
    return Panel(
        "Waiting for a connection",
        [total("waybill_database_connection_waiters", "job", "process", where=where)],
        "none",
        "Above 0 for long: the pool is too small, or the database too slow.",
    )


def processor_time(*by: str, where: str = "") -> Panel:
    """Draw the cores in use."""
    query = rate("waybill_process_cpu_seconds_total", *by, where=where)
    return Panel("Processor time, in cores", [query], "short", stacked=True)


def memory(*by: str, where: str = "") -> Panel:
    """Draw the memory in use."""
    query = total("waybill_process_resident_memory_bytes", *by, where=where)
    return Panel("Memory", [query], "bytes", stacked=True)
