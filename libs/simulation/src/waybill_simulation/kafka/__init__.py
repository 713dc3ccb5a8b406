"""Kafka as far as the runtime uses it, in memory: logs, and groups of consumers."""
