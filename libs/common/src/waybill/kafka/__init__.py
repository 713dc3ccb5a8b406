"""What Waybill speaks of Kafka's protocol itself."""
