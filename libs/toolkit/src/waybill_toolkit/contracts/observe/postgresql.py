"""The dashboard of the databases."""

from waybill_toolkit.contracts.observe.panels import (
    Dashboard,
    Panel,
    Query,
    Row,
    quantiles,
    rate,
    total,
)


def postgresql() -> Dashboard:
    """Return the page of the databases as the services see them."""
    pool = "job, process"
    connections = [
        Panel(
            "Connections in use",
            [
                Query(total("waybill_database_connections_in_use", pool), "{{job}} {{process}}"),
            ],
            "none",
        ),
        Panel(
            "Of the most, in use",
            [
                Query(
                    f"sum by ({pool}) (waybill_database_connections_in_use)"
                    f" / sum by ({pool}) (waybill_database_connections_max)",
                    "{{job}} {{process}}",
                )
            ],
            "percentunit",
        ),
        Panel(
            "Waiting for a connection",
            [Query(total("waybill_database_connection_waiters", pool), "{{job}} {{process}}")],
            "none",
            "Above 0 for long: the pool is too small, or the database too slow.",
        ),
    ]
    work = [
        Panel(
            "Transactions a second",
            [Query(rate("waybill_database_transactions_total", "job"), "{{job}}")],
            "ops",
        ),
        Panel(
            "Rolled back a second",
            [
                Query(
                    rate("waybill_database_transactions_total", "job", 'outcome="rolled_back"'),
                    "{{job}}",
                )
            ],
            "ops",
        ),
        Panel(
            "Duration of a transaction",
            quantiles("waybill_database_transaction_duration_seconds", by="job"),
            "s",
        ),
    ]
    up = [
        Panel(
            "The database answers", [Query("min by (job) (waybill_database_up)", "{{job}}")], "none"
        ),
        Panel(
            "No connection could be had",
            [Query(rate("waybill_database_connection_failures_total", "job"), "{{job}}")],
            "ops",
        ),
        Panel(
            "Rows of timers a second",
            [Query(rate("waybill_timer_rows_total", "job, timer"), "{{job}} {{timer}}")],
            "ops",
        ),
    ]
    text = "The databases as services see them. PostgreSQL itself is watched by its own exporter."
    rows = [Row("Connections", connections), Row("Transactions", work), Row("Health", up)]
    return Dashboard("postgresql", "PostgreSQL", text, rows)
