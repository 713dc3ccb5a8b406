"""The open work of each service, from its /metrics: for `waybill status`."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from waybill_toolkit.platform.probe import get_text

_SAMPLE: Final = re.compile(r"(?P<name>waybill_\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>[-+.\de]+)")
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


async def work_of(ports: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Read the gauges of services; those without any are left out."""
    texts = await asyncio.gather(*(get_text(port, "/metrics") for port in ports.values()))
    found = {name: work_in(text or "") for name, text in zip(ports, texts, strict=True)}
    return {name: work for name, work in found.items() if work}


def work_in(metrics: str) -> dict[str, Any]:
    """Summarize the text of /metrics; empty if it has no gauges of open work."""
    gauges: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for sample in _SAMPLE.finditer(metrics):
        labels = " ".join(value for _, value in _LABEL.findall(sample["labels"] or ""))
        gauges[sample["name"]][labels] = float(sample["value"])
    if not gauges:
        return {}
    letters = gauges["waybill_dead_letters"]
    return {
        "in_progress": _whole(gauges["waybill_sagas_open"]),
        "lag_records": _whole(gauges["waybill_consumer_lag_records"]),
        "outbox_events": _whole(gauges["waybill_outbox_events"]),
        "outbox_oldest_seconds": round(sum(gauges["waybill_outbox_oldest_seconds"].values()), 1),
        "dead_letters": {state: int(count) for state, count in letters.items() if count},
        "unavailable": [
            name.removeprefix("waybill_").removesuffix("_up")
            for name, values in gauges.items()
            if name.endswith("_up") and not any(values.values())
        ],
    }


def _whole(values: Mapping[str, float]) -> int:
    return int(sum(values.values()))
