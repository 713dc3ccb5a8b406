"""One process of a campaign: runs histories and prints lines of JSON."""

import argparse
import sys
import warnings
from typing import Final

from waybill_simulation.mutants import find
from waybill_simulation.planting import PlayName, plant
from waybill_simulation.postgres.not_simulated import NotSimulatedError

BLOCK: Final = 50
"""The number of histories for each line of output."""


def main() -> None:
    """Run the histories of a range of seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--end", type=int, required=True)
    parser.add_argument("--play", type=PlayName, required=True)
    parser.add_argument("--mutant")
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--shrink-seconds", type=float, default=20.0)
    options = parser.parse_args()
    if options.mutant:
        plant(find(options.mutant))
    # Unfinished coroutines of a history emit warnings when they are deleted.
    sys.unraisablehook = lambda _: None
    warnings.simplefilter("ignore", RuntimeWarning)
    # Imported late: a mutant has to be planted first.
    from waybill_simulation import blocks, plays  # noqa: PLC0415 (only when needed)

    play = plays.load_play(options.play)
    try:
        blocks.prepare(options.first, play)
    except NotSimulatedError as error:
        blocks.report_not_simulated(error)
        return
    for start in range(options.first, options.end, BLOCK):
        end = min(start + BLOCK, options.end)
        if not blocks.run_in_child(
            start, end, play, options.shrink_seconds, keep_going=options.keep_going
        ):
            return


if __name__ == "__main__":
    main()
