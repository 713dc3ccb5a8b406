"""Wrong values are refused before anything is installed, by their names."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from tests.chart.charts import CHART
from tests.cluster.clients import Client


def _at(path: str, value: object) -> dict[str, Any]:
    """Return values with one at a path: `a.b`."""
    first, dot, rest = path.partition(".")
    return {first: _at(rest, value) if dot else value}


_SCALED: Final = {"enabled": True, "keda": {"enabled": True}}
_TO_ZERO: Final = {"enabled": True, "keda": {"enabled": True, "scaleToZero": True}}
_SASL: Final = {"protocol": "SASL_SSL", "existingSecret": "kafka"}

REFUSED: Final[list[tuple[dict[str, Any], list[str]]]] = [
    # Missing.
    (_at("image.repository", ""), ["image.repository is not set"]),
    (_at("database.existingSecret", ""), ["database.existingSecret is not set", "catalog"]),
    (_at("kafka.bootstrapServers", ""), ["kafka.bootstrapServers is not set"]),
    (_at("access.existingSecret", ""), ["access.issuer is not set, nor access.existingSecret"]),
    (
        {"services": {"identity": {"enabled": True}}},
        [
            "services.identity.env.WAYBILL_PUBLIC_URL is not set",
            "services.identity.secrets.WAYBILL_INDEX_KEY is not set",
            "services.identity.folders.WAYBILL_KEY_ENCRYPTION_KEYS is not set",
        ],
    ),
    (
        _at("defaults.folders", None),
        ["services.orders.folders.WAYBILL_TOKEN_KEYS is not set", "services.payments.folders"],
    ),
    ({"ingress": {"enabled": True}}, ["ingress.enabled needs ingress.host"]),
    ({"httpRoute": {"enabled": True}}, ["httpRoute.enabled needs httpRoute.parentRefs"]),
    ({"strimzi": {"topics": True}}, ["strimzi.topics needs strimzi.cluster"]),
    # Unknown names.
    (_at("kafka.bootstrapServer", "kafka:9092"), ["/kafka", "'bootstrapServer' not allowed"]),
    (_at("service.orders", {}), ["'service' not allowed"]),
    (_at("services.order", {}), ["/services", "'order' not allowed"]),
    (_at("services.orders.replica", 3), ["/services/orders", "'replica' not allowed"]),
    (
        _at("services.orders.env.WAYBILL_LOGLEVEL", "DEBUG"),
        ["/services/orders/env", "'WAYBILL_LOGLEVEL' not allowed"],
    ),
    (
        _at("services.catalog.env.WAYBILL_STREAMS_MAX", 5),
        ["/services/catalog/env", "'WAYBILL_STREAMS_MAX' not allowed"],
    ),
    (_at("services.orders.env.WAYBILL_PORT", 80), ["'WAYBILL_PORT' not allowed"]),
    (_at("services.orders.env.WAYBILL_DATABASE_URL", "x"), ["'WAYBILL_DATABASE_URL' not allowed"]),
    (_at("services.orders.env.WAYBILL_TOKEN_KEYS", "/x"), ["'WAYBILL_TOKEN_KEYS' not allowed"]),
    (_at("defaults.env.WAYBILL_NO_SUCH", 1), ["/defaults/env", "'WAYBILL_NO_SUCH' not allowed"]),
    # Wrong types and ranges.
    (_at("defaults.replicas", "two"), ["/defaults/replicas", "want integer"]),
    (_at("services.orders.replicas", -1), ["/services/orders/replicas", "minimum"]),
    (_at("defaults.pdb.maxUnavailable", 0), ["/defaults/pdb/maxUnavailable"]),
    (_at("defaults.autoscaling.cpu", 150), ["/defaults/autoscaling/cpu", "maximum"]),
    (_at("image.digest", "latest"), ["/image/digest", "pattern"]),
    (_at("image.pullPolicy", "Sometimes"), ["/image/pullPolicy", "one of"]),
    (_at("access.issuer", "http://login.example"), ["/access/issuer", "pattern"]),
    (_at("kafka.security.protocol", "TLS"), ["/kafka/security/protocol", "one of"]),
    (_at("networkPolicy.kafka.port", 99_999), ["/networkPolicy/kafka/port", "maximum"]),
    (
        _at("services.orders.env.WAYBILL_LOG_LEVEL", "verbose"),
        ["/services/orders/env/WAYBILL_LOG_LEVEL", "one of"],
    ),
    (
        _at("services.orders.env.WAYBILL_STREAMS_MAX", "many"),
        ["/services/orders/env/WAYBILL_STREAMS_MAX", "want integer"],
    ),
    # Contradictions: both are named.
    (
        _at("access", {"issuer": "https://login.example", "audience": "waybill"}),
        ["access.issuer and access.existingSecret exclude each other"],
    ),
    (
        _at("access", {"issuer": "https://login.example", "existingSecret": ""}),
        ["access.issuer needs access.audience"],
    ),
    (
        _at("kafka.security.protocol", "SASL_SSL"),
        ["kafka.security.protocol is SASL_SSL, and kafka.security.existingSecret is not set"],
    ),
    (
        _at("kafka.security.existingSecret", "kafka"),
        ["kafka.security.protocol is PLAINTEXT, and kafka.security.existingSecret is set"],
    ),
    (
        _at("kafka.security.ca.existingSecret", "ca"),
        ["kafka.security.protocol is PLAINTEXT, and kafka.security.ca.existingSecret is set"],
    ),
    (
        _at("kafka.security", {**_SASL, "protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN"}),
        ["kafka.security.protocol is SASL_PLAINTEXT, and kafka.security.mechanism is PLAIN"],
    ),
    (
        _at("kafka.security", {"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER"}),
        [
            "kafka.security.mechanism is OAUTHBEARER, and services.orders needs either",
            "files.WAYBILL_KAFKA_SASL_TOKEN_FILE or env.WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT",
        ],
    ),
    (
        {
            **_at("kafka.security", {"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER"}),
            **_at("defaults.env.WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT", "https://login.example/token"),
        },
        ["WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT needs kafka.security.existingSecret"],
    ),
    (
        _at("services.orders.files.WAYBILL_KAFKA_SASL_TOKEN_FILE", {"key": "t", "configMap": "c"}),
        ["services.orders has tokens for Kafka, and kafka.security.mechanism is not OAUTHBEARER"],
    ),
    (
        {
            **_at("kafka.security", {**_SASL, "mechanism": "SCRAM-SHA-256"}),
            **_at("strimzi", {"users": True, "cluster": "events"}),
        },
        ["strimzi.users is on, and kafka.security.mechanism is SCRAM-SHA-256"],
    ),
    (
        _at("strimzi", {"users": True, "cluster": "events"}),
        ["strimzi.users is on, and kafka.security.protocol is PLAINTEXT"],
    ),
    (_at("tls.ca.existingSecret", "ca"), ["tls.ca.existingSecret needs tls.existingSecret"]),
    (
        _at("tracing", {"otlpEndpoint": "http://c", "headers": {"existingSecret": "key"}}),
        ["tracing.headers.existingSecret needs an https address in tracing.otlpEndpoint"],
    ),
    (
        _at("tracing", {"otlpEndpoint": "http://c", "ca": {"existingSecret": "ca"}}),
        ["tracing.ca.existingSecret needs an https address in tracing.otlpEndpoint"],
    ),
    (
        _at("services.payments.upstream", "https://payments.example"),
        ["services.payments.upstream", "set services.payments.enabled to false"],
    ),
    (
        _at("services.orders.env.WAYBILL_TOKEN_KEY_SECONDS", 60),
        [
            "services.orders.env.WAYBILL_TOKEN_KEY_SECONDS is not 0, and",
            "services.orders.folders.WAYBILL_TOKEN_KEYS.existingSecret cannot be written to",
        ],
    ),
    (
        _at("defaults.folders.WAYBILL_TOKEN_KEYS", {"persistentVolumeClaim": "keys"}),
        ["services.orders.folders.WAYBILL_TOKEN_KEYS needs one of"],
    ),
    (
        _at("services.gateway.secrets.WAYBILL_RATE_LIMIT_STORE", {"existingSecret": "valkey"}),
        ["services.gateway.secrets.WAYBILL_RATE_LIMIT_STORE needs existingSecret and key"],
    ),
    (
        _at("services.gateway.files.WAYBILL_UPSTREAM_KEY", {"key": "tls.key"}),
        ["services.gateway.files.WAYBILL_UPSTREAM_KEY needs key, and either existingSecret or"],
    ),
    (
        _at("services.orders.terminationGracePeriodSeconds", 15),
        [
            "services.orders.terminationGracePeriodSeconds is 15",
            "preStopSleepSeconds, 5, and WAYBILL_GRACEFUL_STOP_SECONDS, 10",
        ],
    ),
    (
        _at("defaults.env.WAYBILL_GRACEFUL_STOP_SECONDS", 40),
        ["services.gateway.terminationGracePeriodSeconds is 30", "GRACEFUL_STOP_SECONDS, 40"],
    ),
    (
        _at("services.orders.autoscaling", {**_SCALED, "maxReplicas": 9}),
        ["services.orders.autoscaling.maxReplicas is 9", "orders receives have 8 partitions"],
    ),
    (
        _at("services.orders.autoscaling", {"enabled": True, "minReplicas": 9}),
        ["services.orders.autoscaling.minReplicas is 9, and", "autoscaling.maxReplicas is 8"],
    ),
    (
        {"services": {"orders": {"autoscaling": {"keda": {"enabled": True}}}}},
        ["services.orders.autoscaling.keda.enabled needs services.orders.autoscaling.enabled"],
    ),
    (
        _at("services.catalog.autoscaling", _TO_ZERO),
        ["services.catalog.autoscaling.keda.scaleToZero is on, and catalog receives no events"],
    ),
    (_at("services.gateway.autoscaling", _SCALED), ["is on, and gateway has no events"]),
    (
        {**_at("kafka.security", _SASL), **_at("services.orders.autoscaling", _SCALED)},
        ["autoscaling.keda.authentication is not set, and kafka.security.protocol is SASL_SSL"],
    ),
    (
        _at("services.orders", {"autoscaling": {"enabled": True}, "resources": {"requests": None}}),
        ["services.orders.autoscaling.cpu needs services.orders.resources.requests.cpu"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("values", "words"), REFUSED, ids=lambda each: str(each)[:60])
def test_a_wrong_value_is_refused_by_name(
    refusal: Callable[[Mapping[str, Any]], str], values: dict[str, Any], words: list[str]
) -> None:
    message = refusal(values)
    for each in words:
        assert each in message


def test_all_that_is_missing_is_named_at_once(helm: Client) -> None:
    message = helm.refused("template", "release", CHART)
    for name in (
        "image.repository",
        "database.existingSecret",
        "kafka.bootstrapServers",
        "access.issuer",
    ):
        assert f"{name} is not set" in message
