"""What PostgreSQL and the broker do for an order when nothing but them is in the way."""
