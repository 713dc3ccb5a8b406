"""Reads contracts/objectives.yaml, and writes the alerts on the burn rate of each objective.

An objective of 99.9 % leaves an error budget of 0.1 % of the events of 30 days. The burn rate is
how many times faster than that the budget is spent. Windows and rates are those of Google's "The
Site Reliability Workbook", chapter 5: an alert fires when the rate is exceeded in a long window,
and still is in a short one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waybill_toolkit.contracts.generate.faults import ContractError, Fault

OBJECTIVES: Final = "contracts/objectives.yaml"
WINDOW: Final = "[WINDOW]"
_Expression: Final = Field(pattern=r"\[WINDOW\]")


class Objective(BaseModel):
    """One promise to clients, and how to count the events that keep and break it."""

    model_config = ConfigDict(extra="forbid")

    promise: str
    objective: float = Field(ge=50, lt=100)
    bad: str = _Expression
    total: str = _Expression

    @property
    def budget(self) -> float:
        """The share of events that may be bad, from 0 to 1."""
        return round((100 - self.objective) / 100, 9)


class Objectives(BaseModel):
    """The content of contracts/objectives.yaml."""

    model_config = ConfigDict(extra="forbid")

    objectives: dict[str, Objective]


@dataclass(frozen=True, slots=True)
class Burn:
    """An alert fires when the budget burns `rate` times too fast in both windows."""

    rate: float
    long: str
    short: str
    severity: str


BURNS: Final = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6, "6h", "30m", "page"),
    Burn(3, "1d", "2h", "ticket"),
    Burn(1, "3d", "6h", "ticket"),
)
"""They spend 2, 5, 10 and 10 % of the budget before they fire."""


def read_objectives(root: Path) -> Mapping[str, Objective]:
    """Read the objectives of a tree; none without the file. Raises ContractError."""
    file = root / OBJECTIVES
    if not file.is_file():
        return {}
    try:
        return Objectives.model_validate(yaml.safe_load(file.read_bytes())).objectives
    except ValidationError as error:
        faults = [
            Fault(file, 1, f"{'.'.join(map(str, each['loc']))}: {each['msg']}")
            for each in error.errors()
        ]
        raise ContractError(faults) from error
    except yaml.YAMLError as error:
        raise ContractError([Fault(file, 1, f"this is not YAML: {error}")]) from error


def burn_rate_groups(objectives: Mapping[str, Objective]) -> list[dict[str, Any]]:
    """Return the groups of rules: the ratio of bad events by window, and the alerts on it."""
    windows = sorted({each for burn in BURNS for each in (burn.long, burn.short)}, key=_seconds)
    return [
        {
            "name": f"waybill.objective.{name}",
            "rules": [*_ratios(name, each, windows), *_alerts(name, each)],
        }
        for name, each in objectives.items()
    ]


def _ratios(name: str, objective: Objective, windows: list[str]) -> Iterator[dict[str, Any]]:
    for window in windows:
        bad, total = (each.replace("WINDOW", window) for each in (objective.bad, objective.total))
        yield {
            "record": f"waybill:bad_events:ratio_rate{window}",
            # Without a bad event there is no series of them.
            "expr": f"(({bad}) or 0 * ({total}))\n/\n({total} > 0)",
            "labels": {"objective": name},
        }


def _alerts(name: str, objective: Objective) -> Iterator[dict[str, Any]]:
    for severity in ("page", "ticket"):
        burns = [each for each in BURNS if each.severity == severity]
        yield {
            "alert": alert_name(name),
            "expr": "\nor\n".join(_condition(name, objective, each) for each in burns),
            # Longer than causes take to fire, so that they are notified instead.
            "for": "2m",
            "labels": {"severity": severity, "layer": "objective"},
            "annotations": {
                "summary": "{{ $value | humanizePercentage }} of the events break an objective"
                f" ({objective.objective:g} % in 30 days): {objective.promise}"
            },
        }


def _condition(name: str, objective: Objective, burn: Burn) -> str:
    most = f"{burn.rate * objective.budget:.9g}"
    return " and ".join(
        f'waybill:bad_events:ratio_rate{window}{{objective="{name}"}} > {most}'
        for window in (burn.long, burn.short)
    )


def alert_name(objective: str) -> str:
    """Return the name of the alert on an objective: WaybillBudgetReadsAnswered."""
    return "WaybillBudget" + "".join(each.capitalize() for each in objective.split("-"))


def _seconds(window: str) -> int:
    return int(window[:-1]) * {"m": 60, "h": 3600, "d": 86400}[window[-1]]
