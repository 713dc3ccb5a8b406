"""Runs scenarios one after the other and combines their results."""

import os
import platform as machine
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from waybill_toolkit.lab.bench import show
from waybill_toolkit.lab.bench.scenario import Case, Measured, Options, Scenario

FORMAT: Final = 1

Kept = Callable[[Mapping[str, Any]], None]
"""Called with the partial result after each scenario, so that an error does not lose it."""


class UnknownCaseError(Exception):
    """No case of a scenario matches `only`; the message says so."""


def measure(
    scenarios: Sequence[Scenario], options: Options, *, only: str = "", keep: Kept
) -> dict[str, Any]:
    """Measure the cases whose names contain `only`. Raises UnknownCaseError, PlatformError."""
    result: dict[str, Any] = {
        "format": FORMAT,
        "conditions": {
            **conditions(),
            "rounds": options.rounds,
            "seconds": options.seconds,
            "clients": options.clients,
            "orders": options.orders,
            "platform": "running" if options.data else "fresh",
        },
        "scenarios": {},
    }
    for scenario in scenarios:
        cases = _measure(scenario, options, only)
        result["scenarios"][scenario.name] = {each.case: each.to_json() for each in cases}
        keep(result)
        show.show_cases(options.console, scenario.name, result["scenarios"][scenario.name])
    return result


def conditions() -> dict[str, object]:
    """Describe the machine."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load_average_before": os.getloadavg()[0],
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": machine.python_version(),
        "machine": machine.machine(),
        "system": f"{machine.system()} {machine.release()}",
    }


def _measure(scenario: Scenario, options: Options, only: str) -> list[Measured]:
    with scenario.cases(options) as all_cases:
        cases = [case for case in all_cases if only in case.name]
        if not cases:
            names = "; ".join(case.name for case in all_cases)
            raise UnknownCaseError(f"No case of {scenario.name} contains {only!r}: {names}.")
        total = sum(_rounds(case, options) for case in cases)
        with show.rounds_bar(options.console, total) as bar:
            return [_measure_case(scenario, case, options, bar) for case in cases]


def _measure_case(scenario: Scenario, case: Case, options: Options, bar: show.Rounds) -> Measured:
    measured = Measured(case.name)
    for number in range(_rounds(case, options)):
        done = bar.begin(f"{scenario.name}: {case.name}")
        if number == 0:
            case.prepare()
        measured.rounds.append(case.measure())
        done()
    return measured


def _rounds(case: Case, options: Options) -> int:
    return min(options.rounds, case.rounds_max or options.rounds)
