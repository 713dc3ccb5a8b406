"""Compares two states of the contracts: what changed, what breaks, and which services are affected.

Contracts are compared node by node, so every change has a file and a line. Schemas are compared
according to their use (`use.py`), with one rule for each keyword (`schemas.py`). A change that no
rule covers counts as breaking: a false alarm is better than a missed break.
"""
