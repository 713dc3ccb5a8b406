"""One process of a campaign: runs histories and tells of them in lines of JSON."""

import argparse
import json
import sys
import warnings
from collections import Counter
from typing import Any, Final

from waybill_simulation.campaign import BLOCK
from waybill_simulation.mutants import find
from waybill_simulation.planting import plant

CLEAN_EVERY: Final = 5


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
    for start in range(asked.first, asked.end, BLOCK):
        end = min(start + BLOCK, asked.end)
        line = _block(start, end, shrink_seconds=asked.shrink_seconds)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        if line["failures"] and not asked.goes_on:
            return


def _block(start: int, end: int, *, shrink_seconds: float) -> dict[str, Any]:
    # Imported late: a mutant has to be planted before.
    from waybill_simulation.drivers import install  # noqa: PLC0415
    from waybill_simulation.history import clean, run  # noqa: PLC0415
    from waybill_simulation.report import failure  # noqa: PLC0415
    from waybill_simulation.scenario import draw  # noqa: PLC0415

    install()
    statuses: Counter[str] = Counter()
    line: dict[str, Any] = {"histories": 0, "virtual_seconds": 0.0, "failures": []}
    for seed in range(start, end):
        outcome = run(draw(seed))
        line["histories"] += 1
        line["virtual_seconds"] += outcome.seconds
        statuses.update(outcome.statuses)
        if outcome.violations:
            line["failures"].append(failure(outcome, shrink_seconds))
            break
        if seed % CLEAN_EVERY == 0:
            clean()
    return {**line, "statuses": statuses}


if __name__ == "__main__":
    main()
