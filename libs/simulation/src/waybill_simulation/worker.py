"""One process of a campaign: runs histories and tells of them in lines of JSON."""

import argparse
import sys
import warnings

from waybill_simulation.campaign import BLOCK
from waybill_simulation.mutants import find
from waybill_simulation.planting import plant


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

    blocks.prepare(asked.first)
    for start in range(asked.first, asked.end, BLOCK):
        end = min(start + BLOCK, asked.end)
        is_clean = blocks.run_apart(start, end, asked.shrink_seconds)
        if not (is_clean or asked.goes_on):
            return


if __name__ == "__main__":
    main()
