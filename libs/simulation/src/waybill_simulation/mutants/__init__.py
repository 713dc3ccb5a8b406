"""Planted bugs, each of a kind that has been shipped before.

A mutant replaces lines of the source. When those lines have changed, it fails with a message and
must be adapted. A lock is a poor place for a bug when a constraint enforces the same rule: without
the row locks of the saga engine, the primary key of the history refuses the second of two
transitions, and the engine retries.
"""

from typing import Final

from waybill_simulation.mutants.divided_stock import DIVIDED_STOCK
from waybill_simulation.mutants.receiving import RECEIVING
from waybill_simulation.mutants.sending import SENDING
from waybill_simulation.mutants.services import SERVICES
from waybill_simulation.mutants.tokens import TOKENS
from waybill_simulation.mutants.transactions import TRANSACTIONS
from waybill_simulation.planting import Mutant

MUTANTS: Final = (*RECEIVING, *SENDING, *TRANSACTIONS, *SERVICES, *DIVIDED_STOCK, *TOKENS)


def find(name: str) -> Mutant:
    """Return the mutant of that name. Raises LookupError."""
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    raise LookupError(f"no mutant is named {name}")
