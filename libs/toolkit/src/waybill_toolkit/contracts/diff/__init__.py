"""What changed between two states of the contracts, whether it breaks anybody, and whom.

A contract is read node by node, so every change knows its file and line. Schemas are compared by
what they are used for (`use.py`), by rules that know each keyword (`schemas.py`); what no rule
knows counts as breaking, so that a mistake here is an alarm too many and never one too few.
"""
