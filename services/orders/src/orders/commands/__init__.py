"""The use cases of the orders service, one in each file."""
