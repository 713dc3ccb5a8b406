"""`waybill events`: what the services publish, read from the broker as anybody can read it."""
