"""Generates each service's `contract/` package from the contracts."""
