"""The runtime's parts, each alone in this process, on the platform's PostgreSQL and broker."""
