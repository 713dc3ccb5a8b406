"""Checks of contracts and code that a type checker cannot do. Each returns findings as text."""
