"""The alerts with shorter times, so that a test sees them fire within seconds.

Every time is divided by `FACTOR`: windows of rates, `for`, and limits of ages in seconds. What is
counted is not. Names of recorded series keep the window that they are named after.

A request may take `SLOWER` times as long as an objective allows: there are few of them in windows
so short, and one that a busy machine has delayed would break it.
"""

import re
from typing import Any, Final

import yaml

FACTOR: Final = 12
SLOWER: Final = 5

_WINDOW: Final = re.compile(r"\[(\d+)([mhd])\]")
_TIME: Final = re.compile(r"(\d+)([smhd])")
_AGE: Final = re.compile(r"(_seconds\)) > (\d+)")
_LATENCY: Final = re.compile(r'(request_duration_seconds_bucket\{[^}]*)le="([^"]+)"')
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def scaled(rules: str) -> str:
    """Return a file of rules with all times divided by FACTOR."""
    document = yaml.safe_load(rules)
    for group in document["groups"]:
        for rule in group["rules"]:
            _scale(rule)
    return yaml.safe_dump(document, sort_keys=False)


def _scale(rule: dict[str, Any]) -> None:
    expression = _WINDOW.sub(lambda found: f"[{_shorter(found)}]", rule["expr"])
    rule["expr"] = _LATENCY.sub(_slower, _AGE.sub(_smaller, expression))
    if "for" in rule:
        rule["for"] = _TIME.sub(_shorter, rule["for"])


def _shorter(found: "re.Match[str]") -> str:
    return f"{max(1, int(found[1]) * _SECONDS[found[2]] // FACTOR)}s"


def _slower(found: "re.Match[str]") -> str:
    return f'{found[1]}le="{float(found[2]) * SLOWER}"'


def _smaller(found: "re.Match[str]") -> str:
    # Heartbeats come each second, so less than some of them is no silence.
    return f"{found[1]} > {max(4, int(found[2]) // FACTOR)}"
