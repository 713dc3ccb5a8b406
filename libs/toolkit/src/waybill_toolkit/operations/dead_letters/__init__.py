"""Putting right by hand what a running platform cannot put right by itself."""
