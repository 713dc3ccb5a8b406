"""What the orders service can be told to do, one use case a file."""
