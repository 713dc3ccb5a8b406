"""What the chart renders is what the contracts say, computed here a second time."""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
from tests.chart.charts import ROOT, SETS, containers, of_kind, settings_of, variables
from tests.chart.conftest import Render

from waybill.events import Topic
from waybill.kafka.topic_creation import HOUR_MS, topic_settings
from waybill_toolkit.operations.topics.wanted import wanted_acls, wanted_topics
from waybill_toolkit.platform.apache_kafka.acls import Acl

SERVICES: Final = sorted(path.parents[2].name for path in ROOT.glob("services/*/src/*/settings.py"))
GATEWAY: Final = "gateway"
OFF: Final = "identity"
"""The service that all sets but one leave out."""


def _documents() -> dict[str, Mapping[str, Any]]:
    paths = {name: ROOT / f"services/{name}/src/{name}/contract/asyncapi.json" for name in SERVICES}
    return {name: json.loads(path.read_bytes()) for name, path in paths.items() if path.is_file()}


def test_every_service_is_deployed(render: Render) -> None:
    assert sorted(of_kind(render("issuer"), "Deployment")) == SERVICES
    assert sorted(of_kind(render("issuer"), "Service")) == SERVICES
    assert sorted(of_kind(render("smallest"), "Deployment")) == sorted({*SERVICES} - {OFF})


@pytest.mark.parametrize("name", SETS)
def test_every_variable_is_a_setting_of_its_service(render: Render, name: str) -> None:
    for service, container in containers(render(name)):
        fields = {f"WAYBILL_{each.upper()}" for each in settings_of(service).model_fields}
        known = fields | {f"{each}_FILE" for each in fields}
        given = {each for each in variables(container) if each.startswith("WAYBILL_")}
        assert given - known == set()


@pytest.mark.parametrize("name", SETS)
def test_every_required_setting_is_given(render: Render, name: str) -> None:
    for service, container in containers(render(name)):
        given = {each.removesuffix("_FILE") for each in variables(container)}
        for field, about in settings_of(service).model_fields.items():
            assert not about.is_required() or f"WAYBILL_{field.upper()}" in given


def test_the_gateway_knows_every_service(render: Render) -> None:
    gateway = dict(containers(render("issuer")))[GATEWAY]
    upstreams = json.loads(variables(gateway)["WAYBILL_UPSTREAMS"])
    merged = ROOT / f"services/{GATEWAY}/src/{GATEWAY}/contract/openapi.json"
    operations = [
        operation
        for path in json.loads(merged.read_bytes())["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    assert upstreams.keys() == {each["x-service"] for each in operations}
    ports = {
        f"http://{each['metadata']['name']}:{each['spec']['ports'][0]['port']}"
        for each in of_kind(render("issuer"), "Service").values()
    }
    assert set(upstreams.values()) <= ports


def test_only_services_with_migrations_have_a_database(render: Render) -> None:
    found = {
        service
        for service, container in containers(render("issuer"))
        if "WAYBILL_DATABASE_URL_FILE" in variables(container)
    }
    assert found == {path.parent.name for path in ROOT.glob("services/*/migrations")}


def test_topics_are_those_of_the_contracts(render: Render) -> None:
    rendered = [
        Topic(
            each["spec"]["topicName"],
            each["spec"]["partitions"],
            each["spec"]["config"]["retention.ms"] // HOUR_MS,
        )
        for each in render("strimzi")
        if each["kind"] == "KafkaTopic"
    ]
    wanted = wanted_topics({name: each for name, each in _documents().items() if name != OFF})
    assert sorted(rendered, key=str) == sorted(wanted, key=str)


def test_topics_have_the_settings_that_services_give_them(render: Render) -> None:
    for topic in (each["spec"] for each in render("strimzi") if each["kind"] == "KafkaTopic"):
        config = {name: str(value) for name, value in topic["config"].items()}
        hours = int(config["retention.ms"]) // HOUR_MS
        wanted = Topic(topic["topicName"], topic["partitions"], hours)
        assert config == topic_settings(wanted, replication=topic["replicas"])


def test_users_may_do_what_the_contracts_say_and_nothing_else(render: Render) -> None:
    rendered = [
        Acl(f"User:{service}", acl["resource"]["type"], acl["resource"]["name"], operation.lower())
        for service, user in of_kind(render("strimzi"), "KafkaUser").items()
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    ]
    wanted = wanted_acls({name: each for name, each in _documents().items() if name != OFF}, {})
    assert sorted(rendered) == sorted(wanted)


def test_replicas_never_outnumber_partitions(render: Render) -> None:
    partitions = {each.name: each.partitions for each in wanted_topics(_documents())}
    for scaled in of_kind(render("keda"), "ScaledObject").values():
        for trigger in scaled["spec"]["triggers"]:
            if trigger["type"] == "kafka":
                topic = trigger["metadata"]["topic"]
                assert scaled["spec"]["maxReplicaCount"] <= partitions[topic]
