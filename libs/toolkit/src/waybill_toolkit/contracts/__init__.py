"""Generates code from contracts, checks contracts, and compares their versions."""
