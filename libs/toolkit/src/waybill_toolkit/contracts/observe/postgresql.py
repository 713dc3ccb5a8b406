"""The dashboard of the databases."""

from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    lowest,
    rate,
    total,
)
from waybill_toolkit.contracts.observe.shared import (
    connection_waiters,
    transaction_duration,
    transactions,
)


def postgresql() -> Dashboard:
    """Return the page of the databases as the services see them."""
    text = "The databases as services see them. PostgreSQL itself is watched by its own exporter."
    return Dashboard(
        "postgresql",
        "PostgreSQL",
        text,
        [
            Row("Connections", _connections()),
            Row("Transactions", [transactions("job"), _rolled_back(), transaction_duration()]),
            Row("Health", _health()),
        ],
    )


def _connections() -> list[Panel]:
    used = total("waybill_database_connections_in_use", "job", "process")
    most = total("waybill_database_connections_max", "job", "process")
    share = Query(f"{used.expression} / {most.expression}", used.legend)
    return [
        Panel("Connections in use", [used], "none"),
        Panel("Of the most, in use", [share], "percentunit"),
        connection_waiters(),
    ]


def _rolled_back() -> Panel:
    query = rate("waybill_database_transactions_total", "job", where='outcome="rolled_back"')
    return Panel("Rolled back a second", [query], "ops")


def _health() -> list[Panel]:
    return [
        Panel("The database answers", [lowest("waybill_database_up", "job")], "none", "1: yes."),
        Panel(
            "No connection could be had",
            [rate("waybill_database_connection_failures_total", "job")],
            "ops",
        ),
        Panel("Rows of timers a second", [rate("waybill_timer_rows_total", "job", "timer")], "ops"),
    ]
