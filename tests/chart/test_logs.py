"""The chart `logs`: its values, and what they make of the collector. tests/logs runs it."""

from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]  # it is untyped
import pytest
import yaml
from tests.chart.charts import LOGS, ROOT, Object
from tests.cluster.clients import Client

LOKI: Final = ("--set", "loki.endpoint=http://loki.logs.svc:3100/otlp")
ELASTICSEARCH: Final = (
    "--set",
    "elasticsearch.endpoint=https://es:9200,elasticsearch.existingSecret=es,elasticsearch.caKey=ca",
)


def rendered(helm: Client, *values: str) -> dict[str, Object]:
    text = helm.run("template", "logs", LOGS, *values)
    return {each["kind"]: each for each in yaml.safe_load_all(text) if each}


def settings(objects: dict[str, Object]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(objects["ConfigMap"]["data"]["collector.yaml"])
    return found


@pytest.mark.parametrize("values", [LOKI, ELASTICSEARCH, (*LOKI, *ELASTICSEARCH)])
def test_helm_takes_the_values_and_kubernetes_the_objects(
    helm: Client, values: tuple[str, ...]
) -> None:
    helm.run("lint", "--strict", LOGS, *values)
    for each in rendered(helm, *values).values():
        kubernetes_validate.validate(each, "1.30", strict=True)


def test_logs_go_to_loki_to_elasticsearch_or_to_both(helm: Client) -> None:
    loki, elasticsearch, both = (
        settings(rendered(helm, *values)) for values in (LOKI, ELASTICSEARCH, LOKI + ELASTICSEARCH)
    )
    sinks = [each["service"]["pipelines"]["logs"]["exporters"] for each in (loki, elasticsearch)]
    assert sinks == [["otlp_http/loki"], ["elasticsearch"]]
    assert both["exporters"] == {**loki["exporters"], **elasticsearch["exporters"]}
    assert loki["receivers"] == elasticsearch["receivers"]
    assert elasticsearch["exporters"]["elasticsearch"] == {
        "endpoint": "https://es:9200",
        "api_key": "${env:ELASTICSEARCH_API_KEY}",
        "tls": {"ca_file": "/etc/elasticsearch/ca.crt"},
        "sending_queue": {"block_on_overflow": True},
    }


def test_the_api_key_comes_from_a_secret(helm: Client) -> None:
    pod = rendered(helm, *ELASTICSEARCH)["DaemonSet"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["env"] == [
        {
            "name": "ELASTICSEARCH_API_KEY",
            "valueFrom": {"secretKeyRef": {"name": "es", "key": "api-key"}},
        }
    ]


def test_only_the_pods_of_the_namespace_are_read(helm: Client) -> None:
    found = settings(rendered(helm, *LOKI, "--set", "namespace=shop"))
    assert found["receivers"]["filelog"]["include"] == ["/var/log/pods/shop_*/*/*.log"]


def test_the_collector_is_the_version_that_is_tested() -> None:
    tag = yaml.safe_load((LOGS / "values.yaml").read_bytes())["image"]["tag"]
    module = ROOT / "tests" / "cluster" / "tools" / "collector" / "go.mod"
    assert f"receiver/filelogreceiver v{tag}\n" in module.read_text()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((), "Say where logs go: loki.endpoint, elasticsearch.endpoint, or both"),
        (("--set", "loki.endpoint=loki:3100"), "loki"),
        ((*LOKI, "--set", "loki.tenant=shop"), "tenant"),
        (
            ("--set", "elasticsearch.endpoint=http://es:9200,elasticsearch.caKey=ca"),
            "existingSecret",
        ),
    ],
)
def test_wrong_values_are_refused(helm: Client, values: tuple[str, ...], reason: str) -> None:
    assert reason in helm.refused("template", "logs", LOGS, *values)
