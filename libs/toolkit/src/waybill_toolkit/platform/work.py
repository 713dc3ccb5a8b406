"""The open work of each service, from its /metrics: for `waybill status`."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from waybill_toolkit.platform.probe import get_text

_SAMPLE: Final = re.compile(
    r"^(?P<name>waybill_\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>[-+.\de]+)$", re.MULTILINE
)
_WORK: Final = {"waybill_outbox_events", "waybill_sagas_open", "waybill_consumer_lag_records"}
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


async def work_of(ports: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Read the gauges of services; those without work are left out."""
    texts = await asyncio.gather(*(get_text(port, "/metrics") for port in ports.values()))
    found = {name: work_in(text or "") for name, text in zip(ports, texts, strict=True)}
    return {name: work for name, work in found.items() if work}


def work_in(metrics: str) -> dict[str, Any]:
    """Summarize the text of /metrics; empty if it has no work, and all that it needs answers."""
    gauges: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for sample in _SAMPLE.finditer(metrics):
        labels = " ".join(value for _, value in _LABEL.findall(sample["labels"] or ""))
        gauges[sample["name"]][labels] = float(sample["value"])
    unavailable = [
        name.removeprefix("waybill_").removesuffix("_up")
        for name, values in gauges.items()
        if name.endswith("_up") and not any(values.values())
    ]
    if not (unavailable or _WORK & gauges.keys()):
        return {}
    letters = gauges["waybill_dead_letters"]
    return {
        "in_progress": _whole(gauges["waybill_sagas_open"]),
        "steps": _steps(gauges["waybill_sagas_open"], gauges["waybill_saga_oldest_seconds"]),
        "lag_records": _whole(gauges["waybill_consumer_lag_records"]),
        "lag_seconds": _most(gauges["waybill_consumer_lag_seconds"]),
        "outbox_events": _whole(gauges["waybill_outbox_events"]),
        "outbox_oldest_seconds": _most(gauges["waybill_outbox_oldest_seconds"]),
        "dead_letters": {state: int(count) for state, count in letters.items() if count},
        "unavailable": unavailable,
    }


def _steps(sagas: Mapping[str, float], seconds: Mapping[str, float]) -> list[dict[str, Any]]:
    """List the steps at which sagas wait; the labels are definition, direction and step."""
    found: list[dict[str, Any]] = []
    for labels, count in sagas.items():
        definition, direction, step = labels.split(" ")
        if count:
            oldest = round(seconds.get(labels, 0.0), 1)
            found.append(
                {
                    "definition": definition,
                    "step": step,
                    "direction": direction,
                    "sagas": int(count),
                    "oldest_seconds": oldest,
                }
            )
    return found


def _whole(values: Mapping[str, float]) -> int:
    return int(sum(values.values()))


def _most(values: Mapping[str, float]) -> float:
    return round(max(values.values(), default=0.0), 1)
