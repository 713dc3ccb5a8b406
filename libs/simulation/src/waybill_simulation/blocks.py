"""A block of histories in a child process, whose exit frees their memory.

With the garbage collector instead, a run took an eighth longer.
"""

import json
import os
import sys
from collections import Counter
from typing import Any, Final, NoReturn

from waybill_simulation.plays import Play
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.report import failure
from waybill_simulation.sources import sentence

_WARM_UP_HISTORIES: Final = 10
"""After these, nearly every statement has a cached plan, which the child processes inherit."""
_EXIT_FAILURES: Final = 3
_EXIT_NOT_SIMULATED: Final = 4


def prepare(first: int, play: Play) -> None:
    """Install the drivers and fill the plan cache before any child is forked.

    Raises NotSimulatedError, MigrationError, StartError.
    """
    play.install()
    for seed in range(first, first + _WARM_UP_HISTORIES):
        play.run(play.draw(seed))


def run_in_child(
    start: int, end: int, play: Play, shrink_seconds: float, *, keep_going: bool
) -> bool:
    """Run the histories of these seeds and print a line of JSON. Return whether to continue.

    Raises RuntimeError when the child process fails.
    """
    pid = os.fork()
    if pid == 0:
        _run_and_exit(start, end, play, shrink_seconds)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (0, _EXIT_FAILURES, _EXIT_NOT_SIMULATED):
        raise RuntimeError(f"the histories {start} to {end - 1} ended with {code}")
    return code == 0 or (keep_going and code == _EXIT_FAILURES)


def report_not_simulated(error: NotSimulatedError) -> None:
    """Print it as a line of JSON."""
    _print_line({"not_simulated": sentence(error)})


def _print_line(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _run_and_exit(start: int, end: int, play: Play, shrink_seconds: float) -> NoReturn:
    try:
        line = _run(start, end, play, shrink_seconds)
    except NotSimulatedError as error:
        report_not_simulated(error)
        os._exit(_EXIT_NOT_SIMULATED)
    _print_line(line)
    os._exit(_EXIT_FAILURES if line["failures"] else 0)


def _run(start: int, end: int, play: Play, shrink_seconds: float) -> dict[str, Any]:
    statuses: Counter[str] = Counter()
    line: dict[str, Any] = {"histories": 0, "virtual_seconds": 0.0, "failures": []}
    for seed in range(start, end):
        outcome = play.run(play.draw(seed))
        line["histories"] += 1
        line["virtual_seconds"] += outcome.seconds
        statuses.update(outcome.statuses)
        if outcome.violations:
            line["failures"].append(failure(outcome, play, shrink_seconds))
            break
    return {**line, "statuses": statuses}
