"""Runs the services' own code in virtual time, on simulated drivers, from a seed."""
