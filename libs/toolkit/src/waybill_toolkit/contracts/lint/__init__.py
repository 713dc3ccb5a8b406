"""Checks contracts with the linters of both specifications and the rules of this project.

The generator refuses what it cannot read, with the same file and line; those faults are
reported here too. The rules of this project are in `operations.py`, `owners.py` and `examples.py`.
"""
