"""From Kafka to the event handlers: consumer, inbox, dead letters, retries."""
