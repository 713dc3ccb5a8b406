"""The metrics of a service's use of its database. `process` is serving or background."""

from typing import Final

from waybill.metrics import counter, histogram, reading

UP: Final = reading("waybill_database_up", "Whether the database answers.", unit="0 or 1")
IN_USE: Final = reading(
    "waybill_database_connections_in_use",
    "Connections of the pool that are in use.",
    ("process",),
    unit="connections",
)
IDLE: Final = reading(
    "waybill_database_connections_idle",
    "Open connections of the pool that are free.",
    ("process",),
    unit="connections",
)
POOL_MAX: Final = reading(
    "waybill_database_connections_max",
    "The most connections of the pool.",
    ("process",),
    unit="connections",
)
WAITING: Final = reading(
    "waybill_database_connection_waiters",
    "Requests and batches that wait for a connection of the pool.",
    ("process",),
    unit="callers",
)
WAIT_SECONDS: Final = histogram(
    "waybill_database_connection_wait_seconds",
    "Time for a connection, where none was idle: it was opened, or became free.",
)
WAIT_FAILURES: Final = counter(
    "waybill_database_connection_failures_total",
    "Times that no connection could be had: the database is down, or the pool was in use too long.",
    unit="failures",
)
TRANSACTIONS: Final = counter(
    "waybill_database_transactions_total",
    "Transactions, by their outcome: committed or rolled_back.",
    ("outcome",),
    unit="transactions",
)
TRANSACTION_SECONDS: Final = histogram(
    "waybill_database_transaction_duration_seconds", "Time of a transaction, commit included."
)
TIMER_ROWS: Final = counter(
    "waybill_timer_rows_total", "Rows that were due and processed.", ("timer",), unit="rows"
)
TIMER_FAILURES: Final = counter(
    "waybill_timer_failures_total", "Runs of a timer that failed.", ("timer",), unit="runs"
)
