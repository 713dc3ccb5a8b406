"""One process of a campaign: runs histories and tells of them in lines of JSON."""

import argparse
import sys
import warnings
from typing import Final

from waybill_simulation.mutants import find
from waybill_simulation.planting import plant
from waybill_simulation.postgres.not_simulated import NotSimulatedError

BLOCK: Final = 50
"""Histories between two lines."""


def main() -> None:
    """Run the histories of a range of seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--end", type=int, required=True)
    parser.add_argument("--mutant")
    parser.add_argument("--goes-on", action="store_true")
    parser.add_argument("--shrink-seconds", type=float, default=20.0)
    asked = parser.parse_args()
    if asked.mutant:
        plant(find(asked.mutant))
    # Coroutines that were never finished complain when they are thrown away with their history.
    sys.unraisablehook = lambda _: None
    warnings.simplefilter("ignore", RuntimeWarning)
    # Imported late: a mutant has to be planted before.
    from waybill_simulation import blocks  # noqa: PLC0415

    try:
        blocks.prepare(asked.first)
    except NotSimulatedError as error:
        blocks.tell_not_simulated(error)
        return
    for start in range(asked.first, asked.end, BLOCK):
        end = min(start + BLOCK, asked.end)
        if not blocks.run_apart(start, end, asked.shrink_seconds, goes_on=asked.goes_on):
            return


if __name__ == "__main__":
    main()
