"""What is stored of a person, in all services, and its erasure."""
