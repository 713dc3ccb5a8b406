"""PostgreSQL as far as the services use it, in memory: it runs the SQL that they send."""
