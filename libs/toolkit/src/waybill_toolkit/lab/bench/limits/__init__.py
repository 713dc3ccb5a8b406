"""The throughput of PostgreSQL alone and of the broker alone."""
