"""PostgreSQL: connections, transactions, migrations, outbox, timers."""

from waybill.postgres.connection import Connection, connect
from waybill.postgres.errors import (
    ConcurrencyConflictError,
    DatabaseRefusedError,
    DatabaseUnavailableError,
    SchemaRefusedError,
)
from waybill.postgres.pool import RUNS_MAX, Database
from waybill.postgres.transaction import Transaction

__all__ = [
    "RUNS_MAX",
    "ConcurrencyConflictError",
    "Connection",
    "Database",
    "DatabaseRefusedError",
    "DatabaseUnavailableError",
    "SchemaRefusedError",
    "Transaction",
    "connect",
]
