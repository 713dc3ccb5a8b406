"""One process of a campaign: runs histories and tells of them in lines of JSON.

A block of histories runs in a child, whose end throws away all that they have left: that takes no
time, while the garbage collector took an eighth of it.
"""

import argparse
import json
import os
import sys
import warnings
from collections import Counter
from typing import Any, Final, NoReturn

from waybill_simulation.campaign import BLOCK
from waybill_simulation.mutants import find
from waybill_simulation.planting import plant

_FAMILIAR: Final = 10
"""After so many histories nearly every statement has its plan, and the children inherit those."""
_EXIT_FAILURES: Final = 3


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
    _prepare(asked.first)
    for start in range(asked.first, asked.end, BLOCK):
        end = min(start + BLOCK, asked.end)
        if _has_failures(start, end, asked.shrink_seconds) and not asked.goes_on:
            return


def _prepare(first: int) -> None:
    # Imported late, here and below: a mutant has to be planted before.
    from waybill_simulation.drivers import install  # noqa: PLC0415
    from waybill_simulation.history import run  # noqa: PLC0415
    from waybill_simulation.scenario import draw  # noqa: PLC0415

    install()
    for seed in range(first, first + _FAMILIAR):
        run(draw(seed))


def _has_failures(start: int, end: int, shrink_seconds: float) -> bool:
    pid = os.fork()
    if pid == 0:
        _tell(start, end, shrink_seconds)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (0, _EXIT_FAILURES):
        raise RuntimeError(f"the histories {start} to {end - 1} ended with {code}")
    return code == _EXIT_FAILURES


def _tell(start: int, end: int, shrink_seconds: float) -> NoReturn:
    line = _block(start, end, shrink_seconds)
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    os._exit(_EXIT_FAILURES if line["failures"] else 0)


def _block(start: int, end: int, shrink_seconds: float) -> dict[str, Any]:
    from waybill_simulation.history import run  # noqa: PLC0415
    from waybill_simulation.report import failure  # noqa: PLC0415
    from waybill_simulation.scenario import draw  # noqa: PLC0415

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
    return {**line, "statuses": statuses}


if __name__ == "__main__":
    main()
