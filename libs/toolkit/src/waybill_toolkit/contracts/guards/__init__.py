"""`waybill guards`: what the gateway requires of a request for each operation."""
