"""PostgreSQL: connections, transactions, migrations, outbox, timers."""
