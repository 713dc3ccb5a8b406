"""From the outbox to Kafka: the relay and what it needs."""
