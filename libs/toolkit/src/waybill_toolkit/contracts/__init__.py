"""Holds the contracts to what has no linter, and every change of them to what was promised before."""
