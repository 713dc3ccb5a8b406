"""Reads a dashboard of Grafana, and writes it for the interface of VictoriaMetrics (vmui)."""

from collections.abc import Mapping
from typing import Any, Final

_GRAFANA_COLUMNS: Final = 24
_VMUI_COLUMNS: Final = 12
_UNITS: Final = {"reqps": "/s", "ops": "/s", "s": "s", "bytes": "B"}
"""Others are plain numbers: vmui appends the text to each value."""


def vmui_dashboard(grafana: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same rows, panels and queries; vmui draws each panel as a graph."""
    rows: list[dict[str, Any]] = []
    for panel in grafana["panels"]:
        if panel["type"] == "row":
            rows.append({"title": panel["title"], "panels": []})
        else:
            rows[-1]["panels"].append(_panel(panel))
    return {"title": grafana["title"].removeprefix("Waybill: "), "rows": rows}


def _panel(panel: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": panel["title"],
        "description": panel["description"],
        "unit": _UNITS.get(panel["fieldConfig"]["defaults"]["unit"], ""),
        "expr": [target["expr"] for target in panel["targets"]],
        "alias": [target["legendFormat"] for target in panel["targets"]],
        "width": panel["gridPos"]["w"] * _VMUI_COLUMNS // _GRAFANA_COLUMNS,
    }
