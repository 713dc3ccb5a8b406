"""Checks contracts with the linters of both specifications and the rules of this project.

What the generator cannot read it refuses by itself, with the same file and line; those faults are
reported here too. Rules of our own are in `operations.py`, `owners.py` and `examples.py`.
"""
