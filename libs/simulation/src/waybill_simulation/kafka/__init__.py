"""An in-memory Kafka: logs and consumer groups, as far as the runtime uses them."""
