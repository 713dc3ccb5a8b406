"""The values of the chart for who watches: metrics, alerts, dashboards."""

# ruff: noqa: RUF012 - pydantic copies the defaults

from waybill_toolkit.contracts.chart.service_values import Group


class ServiceMonitor(Group):
    """A ServiceMonitor of the Prometheus operator."""

    enabled: bool = False
    """Create it."""
    labels: dict[str, str] = {}
    """Labels by which Prometheus finds it."""
    interval: str = "30s"
    """The interval."""


class PrometheusRule(Group):
    """The alerts, for the Prometheus operator: docs/runbooks.md has a section on each."""

    enabled: bool = False
    """Create it."""
    labels: dict[str, str] = {}
    """Labels by which Prometheus finds it."""
    runbooks: str = "docs/runbooks.md"
    """The address of docs/runbooks.md, for the annotation runbook_url of each alert."""


class Dashboards(Group):
    """Dashboards of Grafana, as ConfigMaps."""

    enabled: bool = False
    """Create them."""
    labels: dict[str, str] = {"grafana_dashboard": "1"}
    """Labels by which Grafana's sidecar finds them."""
    annotations: dict[str, str] = {}
    """Annotations, such as the folder of the sidecar: `grafana_folder: Waybill`."""
