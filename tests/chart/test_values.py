"""What single values do."""

import json

import pytest
from tests.chart.charts import Object, containers, of_kind, variables
from tests.chart.conftest import Render


def _container(objects: list[Object], service: str) -> Object:
    return dict(containers(objects))[service]


def test_a_digest_wins_over_the_tag(render: Render) -> None:
    image = _container(render("issuer"), "orders")["image"]
    assert image.startswith("registry.example/waybill@sha256:0123")
    assert _container(render("tls"), "orders")["image"] == "registry.example/waybill:1.2.3"


def test_settings_reach_the_services_that_have_them(render: Render) -> None:
    found = {name: variables(each) for name, each in containers(render("openshift"))}
    assert found["orders"]["WAYBILL_STREAMS_MAX"] == "2000000"
    assert found["gateway"]["WAYBILL_STREAMS_MAX"] == "2000000"
    assert "WAYBILL_STREAMS_MAX" not in found["catalog"]
    assert found["catalog"]["WAYBILL_GRACEFUL_STOP_SECONDS"] == "45.5"
    assert found["gateway"]["WAYBILL_RATE_LIMIT_REPLICAS"] == "5"


def test_the_gateway_shares_its_limits_among_its_replicas(render: Render) -> None:
    replicas = {
        name: variables(_container(render(name), "gateway"))["WAYBILL_RATE_LIMIT_REPLICAS"]
        for name in ("smallest", "one-replica", "autoscaling")
    }
    assert replicas == {"smallest": "2", "one-replica": "1", "autoscaling": "20"}


def test_null_leaves_the_user_to_the_cluster(render: Render) -> None:
    for deployment in of_kind(render("openshift"), "Deployment").values():
        security = deployment["spec"]["template"]["spec"]["securityContext"]
        assert security == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def test_a_service_that_runs_elsewhere_is_called_there(render: Render) -> None:
    gateway = variables(_container(render("network-policies"), "gateway"))
    upstreams = json.loads(gateway["WAYBILL_UPSTREAMS"])
    assert upstreams["identity"] == "https://identity.example"
    assert upstreams["orders"] == "http://release-waybill-orders:8000"


def test_with_certificates_everything_is_https(render: Render) -> None:
    objects = render("tls")
    orders, gateway = (_container(objects, name) for name in ("orders", "gateway"))
    assert orders["ports"] == [{"name": "https", "containerPort": 8000}]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert orders[probe]["httpGet"]["scheme"] == "HTTPS"
    upstreams = json.loads(variables(gateway)["WAYBILL_UPSTREAMS"])
    assert upstreams["orders"] == "https://release-waybill-orders:8000"
    assert variables(gateway)["WAYBILL_UPSTREAM_CA"] == "/etc/waybill/upstream-ca/ca.crt"
    [endpoint] = of_kind(objects, "ServiceMonitor")["release-waybill"]["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"


def test_the_ca_of_a_database_makes_its_address_verified(render: Render) -> None:
    orders = variables(_container(render("tls"), "orders"))
    assert orders["PGSSLMODE"] == "verify-full"
    assert orders["PGSSLROOTCERT"] == "/etc/waybill/database-ca/ca.crt"
    assert "PGSSLMODE" not in variables(_container(render("tls"), "gateway"))


def test_each_service_has_a_database_of_its_own(render: Render) -> None:
    volumes = of_kind(render("strimzi"), "Deployment")["orders"]["spec"]["template"]["spec"]
    [database] = [each for each in volumes["volumes"] if each["name"] == "database"]
    assert database["secret"]["secretName"] == "orders-db-app"
    assert database["secret"]["items"] == [{"key": "uri", "path": "url"}]


@pytest.mark.parametrize(
    ("name", "user"), [("tls", "orders"), ("strimzi", "release-waybill-orders")]
)
def test_each_service_has_a_user_at_the_brokers(render: Render, name: str, user: str) -> None:
    orders = _container(render(name), "orders")
    assert variables(orders)["WAYBILL_KAFKA_SASL_USERNAME"] == user
    gateway = variables(_container(render(name), "gateway"))
    assert "WAYBILL_KAFKA_SASL_USERNAME" not in gateway
    assert gateway["WAYBILL_KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"


def test_deployments_share_brokers_by_a_prefix(render: Render) -> None:
    objects = render("shared-kafka")
    orders = variables(_container(objects, "orders"))
    assert orders["WAYBILL_KAFKA_PREFIX"] == "staging."
    assert orders["WAYBILL_KAFKA_CREATE_TOPICS"] == "false"
    topics = [each["spec"]["topicName"] for each in objects if each["kind"] == "KafkaTopic"]
    assert topics
    assert all(each.startswith("staging.") for each in topics)
    lag = of_kind(objects, "ScaledObject")["orders"]["spec"]["triggers"][0]["metadata"]
    assert lag["consumerGroup"] == "staging.orders"
    assert lag["topic"] in topics
    assert lag["sasl"] == "oauthbearer"


def test_tokens_for_kafka_need_a_client_or_a_file(render: Render) -> None:
    client = variables(_container(render("shared-kafka"), "orders"))
    assert client["WAYBILL_KAFKA_SASL_USERNAME"] == "waybill-orders"
    assert client["WAYBILL_KAFKA_SASL_PASSWORD_FILE"] == "/etc/waybill/kafka-password/password"  # noqa: S105
    file = variables(_container(render("token-file"), "orders"))
    assert file["WAYBILL_KAFKA_SASL_TOKEN_FILE"] == "/etc/waybill/kafka-sasl-token-file/token"  # noqa: S105
    assert "WAYBILL_KAFKA_SASL_USERNAME" not in file
    assert "WAYBILL_KAFKA_SASL_PASSWORD_FILE" not in file


def test_topics_of_strimzi_are_not_created_by_services(render: Render) -> None:
    created = {
        name: variables(_container(render(name), "orders"))["WAYBILL_KAFKA_CREATE_TOPICS"]
        for name in ("smallest", "strimzi")
    }
    assert created == {"smallest": "true", "strimzi": "false"}


def test_pods_migrate_their_databases(render: Render) -> None:
    found = {name: variables(each) for name, each in containers(render("smallest"))}
    assert found["orders"]["WAYBILL_MIGRATE"] == "true"
    assert "WAYBILL_MIGRATE" not in found["gateway"]


def test_keda_looks_at_lag_and_outbox(render: Render) -> None:
    scaled = of_kind(render("keda"), "ScaledObject")
    orders = scaled["orders"]["spec"]
    assert orders["maxReplicaCount"] == 8
    assert [each["type"] for each in orders["triggers"]] == [
        *["kafka"] * 3, "metrics-api", "cpu",
    ]  # fmt: skip
    lag, outbox = orders["triggers"][0], orders["triggers"][3]
    assert lag["metadata"]["consumerGroup"] == "orders"
    assert lag["metadata"]["limitToPartitionsWithLag"] == "true"
    assert lag["metadata"]["sasl"] == "scram_sha512"
    assert lag["authenticationRef"] == {"name": "kafka"}
    assert outbox["metadata"]["valueLocation"] == "waybill_outbox_events"
    assert outbox["metadata"]["url"] == "http://release-waybill-orders.shop.svc:8000/metrics"
    assert scaled["payments"]["spec"]["minReplicaCount"] == 0
    assert [each["type"] for each in scaled["payments"]["spec"]["triggers"]] == ["kafka"]


@pytest.mark.parametrize("name", ["autoscaling", "keda"])
def test_what_scales_has_no_number_of_replicas(render: Render, name: str) -> None:
    objects = render(name)
    scaling = of_kind(objects, "HorizontalPodAutoscaler") | of_kind(objects, "ScaledObject")
    for service, deployment in of_kind(objects, "Deployment").items():
        assert ("replicas" in deployment["spec"]) == (service not in scaling)


def test_only_the_api_and_its_pages_are_published(render: Render) -> None:
    [rule] = of_kind(render("issuer"), "Ingress")["gateway"]["spec"]["rules"]
    published = {each["path"]: each["pathType"] for each in rule["http"]["paths"]}
    [rule] = of_kind(render("network-policies"), "HTTPRoute")["gateway"]["spec"]["rules"]
    routed = {each["path"]["value"] for each in rule["matches"]}
    assert published.keys() == routed - {"/", "/docs", "/openapi.json", "/asyncapi"}
    assert published["/v1"] == "Prefix"
    assert not {"/", "/metrics", "/health"} & published.keys()
    assert not {"/metrics", "/health"} & routed
