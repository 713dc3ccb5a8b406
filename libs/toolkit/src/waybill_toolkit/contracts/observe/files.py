"""The generated rules and dashboards, which the chart and `waybill up --observe` install."""

from collections.abc import Sequence
from typing import Final

from waybill_toolkit.contracts.chart.facts import ServiceFacts
from waybill_toolkit.contracts.generate.tree import Tree
from waybill_toolkit.contracts.observe.grafana import grafana_json
from waybill_toolkit.contracts.observe.kafka import kafka
from waybill_toolkit.contracts.observe.objectives import read_objectives
from waybill_toolkit.contracts.observe.overview import overview
from waybill_toolkit.contracts.observe.own_metrics import read_own_metrics
from waybill_toolkit.contracts.observe.panels import Dashboard
from waybill_toolkit.contracts.observe.postgresql import postgresql
from waybill_toolkit.contracts.observe.rules import objective_rules, service_rules
from waybill_toolkit.contracts.observe.sagas import sagas
from waybill_toolkit.contracts.observe.service import service_dashboard

FILES: Final = "deploy/helm/waybill/files"


def observe_files(tree: Tree, facts: Sequence[ServiceFacts]) -> dict[str, str]:
    """Generate the files by their paths in the tree. Raises ContractError."""
    return {
        f"{FILES}/rules/objectives.yaml": objective_rules(tree.root),
        f"{FILES}/rules/services.yaml": service_rules([each.name for each in facts]),
        **{
            f"{FILES}/dashboards/{each.name}.json": grafana_json(each)
            for each in dashboards(tree, facts)
        },
    }


def dashboards(tree: Tree, facts: Sequence[ServiceFacts]) -> list[Dashboard]:
    """Return all dashboards of a tree. Raises ContractError."""
    own = read_own_metrics(tree, [each.name for each in facts])
    received = {topic for each in facts for topic in each.receives}
    return [
        overview(read_objectives(tree.root)),
        sagas(),
        kafka(received),
        postgresql(),
        *(service_dashboard(each, own.get(each.name, [])) for each in facts),
    ]
