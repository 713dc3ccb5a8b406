"""Writes a dashboard as Grafana reads it (dashboard schema version 39, Grafana 10 and later)."""

import json
from collections.abc import Iterator
from typing import Any, Final

from waybill_toolkit.contracts.observe.panels import Dashboard, Panel

_WIDTH: Final = 24
"""The columns of a page."""
_HEIGHT: Final = 8
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


def grafana_json(dashboard: Dashboard) -> str:
    """Return the dashboard as JSON for Grafana's provisioning, import or sidecar."""
    document = {
        "uid": f"waybill-{dashboard.name}",
        "title": f"Waybill: {dashboard.title}",
        "description": dashboard.text,
        "tags": ["waybill"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_datasource_variable()]},
        "links": [_link_to_others()],
        "panels": list(_panels(dashboard)),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _datasource_variable() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }


def _link_to_others() -> dict[str, Any]:
    return {
        "title": "Waybill",
        "type": "dashboards",
        "tags": ["waybill"],
        "asDropdown": True,
        "keepTime": True,
        "includeVars": True,
    }


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    top = number = 0
    for row in dashboard.rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"h": 1, "w": _WIDTH, "x": 0, "y": top},
        }
        top += 1
        columns = min(len(row.panels), 3) or 1
        width = _WIDTH // columns
        for index, panel in enumerate(row.panels):
            number += 1
            place = {"h": _HEIGHT, "w": width, "x": index % columns * width}
            yield {
                **_panel(panel),
                "id": number,
                "gridPos": {**place, "y": top + index // columns * _HEIGHT},
            }
        top += -(-len(row.panels) // columns) * _HEIGHT


def _panel(panel: Panel) -> dict[str, Any]:
    custom = {"fillOpacity": 10, "showPoints": "never"}
    if panel.stacked:
        custom = {**custom, "fillOpacity": 40, "stacking": {"mode": "normal"}}
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.text,
        "datasource": _DATASOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": custom},
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _DATASOURCE,
                "expr": query.expression,
                "legendFormat": query.legend,
            }
            for index, query in enumerate(panel.queries)
        ],
    }
