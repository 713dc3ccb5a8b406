"""Settings that the chart makes from other values, so that `env` does not have them."""

from collections.abc import Mapping
from typing import Final

MANAGED: Final[Mapping[str, str]] = {
    "WAYBILL_SERVICE": "the name of the service",
    "WAYBILL_HOST": "0.0.0.0",  # noqa: S104 - text
    "WAYBILL_PORT": "8000",
    "WAYBILL_DATABASE_URL": "`database`",
    "WAYBILL_ACCESS": "`access`",
    "WAYBILL_ACCESS_AUDIENCE": "`access.audience`",
    "WAYBILL_ACCESS_TOKEN_TYPES": "`access.tokenTypes`",
    "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": "`kafka.bootstrapServers`",
    "WAYBILL_KAFKA_INSTANCE_ID": "the name of the pod",
    "WAYBILL_KAFKA_PREFIX": "`kafka.prefix`",
    "WAYBILL_KAFKA_CREATE_TOPICS": "`kafka.createTopics`, `strimzi.topics`",
    "WAYBILL_KAFKA_SECURITY_PROTOCOL": "`kafka.security.protocol`",
    "WAYBILL_KAFKA_SASL_MECHANISM": "`kafka.security.mechanism`",
    "WAYBILL_KAFKA_SASL_USERNAME": "`kafka.security.username`",
    "WAYBILL_KAFKA_SASL_PASSWORD": "`kafka.security.existingSecret`",
    "WAYBILL_KAFKA_SSL_CA": "`kafka.security.ca`",
    "WAYBILL_KAFKA_SSL_CERTIFICATE": "`kafka.security.certificate`",
    "WAYBILL_KAFKA_SSL_KEY": "`kafka.security.certificate`",
    "WAYBILL_TLS_CERTIFICATE": "`tls.existingSecret`",
    "WAYBILL_TLS_KEY": "`tls.existingSecret`",
    "WAYBILL_TLS_CLIENT_CA": "nothing: the kubelet, which probes, has no certificate",
    "WAYBILL_UPSTREAMS": "`services.NAME.upstream`, or the other Services",
    "WAYBILL_UPSTREAM_CA": "`tls.ca`",
    "WAYBILL_DEMO_USERS": "nothing: it is for a laptop",
    "WAYBILL_DEMO_SCOPES": "nothing: it is for a laptop",
}
"""The setting, and the value that it is made from."""

GROUPS: Final[Mapping[str, str]] = {
    "value": "env",
    "secret": "secrets",
    "file": "files",
    "folder": "folders",
}
"""The kind of a setting, and the group of values that has it."""
