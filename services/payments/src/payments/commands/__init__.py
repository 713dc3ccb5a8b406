"""The use cases. Each takes a transaction and never commits it."""
