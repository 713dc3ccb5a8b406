"""Commands for dead letters."""
