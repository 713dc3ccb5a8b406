"""The generated files of deploy/: those of the charts, and compose.yaml."""

from collections.abc import Sequence
from typing import Final

from waybill_toolkit.contracts.chart.compose_file import compose_file
from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.chart.services_file import services_file
from waybill_toolkit.contracts.chart.values_schema import values_schema
from waybill_toolkit.contracts.chart.values_table import values_table
from waybill_toolkit.contracts.chart.values_yaml import values_yaml

CHART: Final = "deploy/helm/waybill"
COMPOSE: Final = "deploy/compose.yaml"


def chart_files(facts: Sequence[ServiceFacts], paths: list[str]) -> dict[str, str]:
    """Generate the files by their paths in the tree; `paths` are those of the public API."""
    return {
        f"{CHART}/files/services.yaml": services_file(facts, paths),
        f"{CHART}/values.yaml": values_yaml(facts),
        f"{CHART}/values.schema.json": values_schema(facts),
        f"{CHART}/README.md": values_table(facts),
        COMPOSE: compose_file(facts),
    }
