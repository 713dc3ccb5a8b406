"""For tests: a provider in memory, and a driver that handles commands as the consumer does."""
