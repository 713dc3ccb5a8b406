"""Writes a dashboard as VictoriaMetrics' own pages read it (-vmui.customDashboardsPath)."""

import json
from typing import Any, Final

from waybill_toolkit.contracts.observe.panels import RATE_WINDOW, Dashboard, Panel

_COLUMNS: Final = 12
_WINDOW: Final = "1m"


def victoria_metrics_json(dashboard: Dashboard) -> str:
    """Return the dashboard as JSON; series of one value are drawn like those of many."""
    document = {
        "title": dashboard.title,
        "rows": [
            {"title": row.title, "panels": [_panel(each, len(row.panels)) for each in row.panels]}
            for row in dashboard.rows
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _panel(panel: Panel, beside: int) -> dict[str, Any]:
    return {
        "title": panel.title,
        "description": panel.text,
        "unit": "" if panel.unit in ("short", "none") else panel.unit,
        "expr": [each.expression.replace(RATE_WINDOW, _WINDOW) for each in panel.queries],
        "alias": [each.legend for each in panel.queries],
        "showLegend": True,
        "width": _COLUMNS // min(beside, 3),
    }
