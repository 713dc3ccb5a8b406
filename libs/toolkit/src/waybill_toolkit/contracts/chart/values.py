"""The values of the chart. See service_values.py for how they become files."""

# ruff: noqa: RUF012 - pydantic copies the defaults

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, StringConstraints

from waybill_toolkit.contracts.chart.monitoring_values import (
    Dashboards,
    PrometheusRule,
    ServiceMonitor,
)
from waybill_toolkit.contracts.chart.service_values import (
    CaSecret,
    Group,
    KubernetesObject,
    NamedServiceValues,
    ServiceValues,
)
from waybill_toolkit.contracts.chart.tracing_values import Tracing

Port = Annotated[int, Field(ge=1, le=65_535)]
Issuer = Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")]
Digest = Annotated[str, StringConstraints(pattern=r"^(sha256:[0-9a-f]{64})?$")]


class Image(Group):
    """The image: one for all services."""

    repository: str = ""
    """REQUIRED: registry and name."""
    tag: str = ""
    """By default the appVersion of the chart."""
    digest: Digest = ""
    """sha256:..., which wins over the tag."""
    pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    """When nodes ask the registry."""
    pull_secrets: list[str] = []
    """Names of Secrets with the registry's credentials."""


class Access(Group):
    """Who may call. Either `issuer` and `audience`, or a token file."""

    issuer: Issuer = ""
    """The https address of the issuer of tokens: that of this deployment's own gateway, with the
    service identity, or another OpenID provider."""
    audience: str = ""
    """The `aud` of tokens for this deployment."""
    token_types: str = ""
    """The `typ` of tokens, separated by commas, if it is not at+jwt."""
    ca: CaSecret = CaSecret()
    """The CA of the issuer. It replaces the CAs of the system (SSL_CERT_FILE)."""
    existing_secret: str = ""
    """A Secret with a token file, instead of an issuer."""
    key: str = "tokens.json"
    """The key in it."""


class Database(Group):
    """The PostgreSQL of the services: each has a database of its own."""

    existing_secret: str = ""
    """REQUIRED: a Secret with postgresql://user:password@host/database for each service.
    `{service}` stands for its name: `{service}-db-app` for one Secret each, as CloudNativePG makes
    them."""
    key: str = "{service}"
    """The key in it; `uri` with CloudNativePG."""
    ca: CaSecret = CaSecret()
    """The CA of the server, for addresses that do not say so: sets PGSSLMODE=verify-full and
    PGSSLROOTCERT."""


class KafkaCertificate(Group):
    """A certificate of each service, for brokers that ask for one."""

    existing_secret: str = ""
    """The Secret; `{service}` stands for the name of the service."""
    certificate_key: str = "user.crt"
    """The key of the certificate."""
    private_key: str = "user.key"
    """The key of its private key."""


class KafkaSecurity(Group):
    """How services connect to the brokers."""

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """As in Kafka's own clients."""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "SCRAM-SHA-512"
    """How the password is proven. OAUTHBEARER needs `files.WAYBILL_KAFKA_SASL_TOKEN_FILE`, or
    `env.WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT` with `existingSecret`, in `defaults`."""
    username: str = "{service}"
    """The user of a service."""
    existing_secret: str = ""
    """A Secret with the passwords. `{service}` stands for the name of the service."""
    key: str = "{service}"
    """The key in it; `password` with Strimzi."""
    ca: CaSecret = CaSecret()
    """The CA of the brokers."""
    certificate: KafkaCertificate = KafkaCertificate()
    """The certificate of a service."""


class Kafka(Group):
    """Apache Kafka."""

    bootstrap_servers: str = ""
    """REQUIRED: host:port of one or more brokers, separated by commas."""
    prefix: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]*$", max_length=100)] = ""
    """What the names of topics and consumer groups begin with, so that deployments can share
    brokers: `staging.`"""
    create_topics: bool = True
    """Services create their missing topics. They do not with `strimzi.topics`."""
    security: KafkaSecurity = KafkaSecurity()
    """How services connect."""


class Tls(Group):
    """Certificates of the services: with them each serves https only."""

    existing_secret: str = ""
    """A Secret of the type kubernetes.io/tls. `{service}` stands for the name of the service, or it
    is one certificate with the names of all Services."""
    ca: CaSecret = CaSecret()
    """The CA of these certificates, for the gateway."""


class ServiceAccount(Group):
    """The account of the pods. They do not call the API of Kubernetes and get no token."""

    create: bool = True
    """Create one."""
    name: str = ""
    """The name of an existing one, or of the new one."""
    annotations: dict[str, str] = {}
    """Annotations, such as a role of a cloud."""


class Ingress(Group):
    """An Ingress to the gateway."""

    enabled: bool = False
    """Create it."""
    class_name: str = ""
    """The class, if not the default one."""
    annotations: dict[str, str] = {}
    """Annotations for the controller."""
    host: str = ""
    """The name under which clients reach the API."""
    tls_secret: str = ""
    """A Secret with the certificate of this name."""
    docs: bool = True
    """Also publish the pages of documentation. /metrics and /health are never published."""


class HttpRoute(Group):
    """A route of the Gateway API to the gateway."""

    enabled: bool = False
    """Create it."""
    annotations: dict[str, str] = {}
    """Annotations."""
    parent_refs: list[KubernetesObject] = []
    """The Gateways: `- name: public`."""
    hostnames: list[str] = []
    """The names under which clients reach the API."""
    docs: bool = True
    """Also publish the pages of documentation. /metrics and /health are never published."""


class Peers(Group):
    """Where connections go to."""

    to: list[KubernetesObject] = []
    """Peers of a NetworkPolicy; any address if there are none."""
    port: Port
    """The port of TCP."""


class NetworkPolicy(Group):
    """Network policies from the contracts: who calls whom, who needs a database or the brokers."""

    enabled: bool = False
    """Create one for each service."""
    ingress_from: list[KubernetesObject] = []
    """Peers that may call the gateway; anybody if there are none."""
    metrics_from: list[KubernetesObject] = []
    """Peers that may read /metrics of every service, such as the namespace of Prometheus; KEDA's
    too, if it scales by outbox. They reach the whole port: a policy knows no paths."""
    database: Peers = Peers(port=5432)
    """The database servers."""
    kafka: Peers = Peers(port=9092)
    """The brokers."""
    issuer: Peers = Peers(port=443)
    """The issuer of tokens, if there is one."""
    tracing: Peers = Peers(port=4318)
    """The receiver of traces, if there is one."""
    dns: list[KubernetesObject] = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    ]
    """Name servers."""


class Strimzi(Group):
    """Resources of Strimzi, from the contracts."""

    cluster: str = ""
    """The name of the Kafka resource."""
    namespace: str = ""
    """Its namespace, if it is another one."""
    api_version: str = "kafka.strimzi.io/v1"
    """kafka.strimzi.io/v1beta2 before Strimzi 0.49."""
    topics: bool = False
    """Create a KafkaTopic for each topic."""
    replicas: PositiveInt = 3
    """Replicas of each topic."""
    users: bool = False
    """Create a KafkaUser with the ACLs of each service. Its name is that of the Deployment."""


class AuditTest(Group):
    """What `helm test` runs: `waybill audit`, which checks the invariants of all databases."""

    enabled: bool = True
    """Have this test."""
    resources: KubernetesObject = {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "1Gi"},
    }
    """It reads all orders."""


class Values(Group):
    """All values."""

    global_: Annotated[dict[str, Any], Field(alias="global")] = {}
    """Values of a chart of which this one is a part; not used."""
    name_override: str = ""
    """The name in labels, instead of `waybill`."""
    fullname_override: str = ""
    """The beginning of names of resources, instead of one from the release's name."""
    common_labels: dict[str, str] = {}
    """Labels of all resources."""
    image: Image = Image()
    """The image."""
    database: Database = Database()
    """PostgreSQL."""
    kafka: Kafka = Kafka()
    """Apache Kafka."""
    access: Access = Access()
    """REQUIRED: `issuer` and `audience`, or `existingSecret`."""
    tls: Tls = Tls()
    """https between gateway and services."""
    defaults: ServiceValues = ServiceValues()
    """The values of every service."""
    services: dict[str, NamedServiceValues] = {}
    """The values of one service: what is not given here comes from `defaults`."""
    service_account: ServiceAccount = ServiceAccount()
    """The account of the pods."""
    ingress: Ingress = Ingress()
    """The way in, by an Ingress."""
    http_route: HttpRoute = HttpRoute()
    """The way in, by the Gateway API."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Who may connect to what."""
    tracing: Tracing = Tracing()
    """Traces, for OpenTelemetry."""
    service_monitor: ServiceMonitor = ServiceMonitor()
    """Metrics, for the Prometheus operator."""
    prometheus_rule: PrometheusRule = PrometheusRule()
    """Alerts, for the Prometheus operator."""
    dashboards: Dashboards = Dashboards()
    """Dashboards, for Grafana."""
    strimzi: Strimzi = Strimzi()
    """Topics and users."""
    audit_test: AuditTest = AuditTest()
    """`helm test`."""


PRESETS: dict[str, dict[str, Any]] = {
    "identity": {"folders": {"WAYBILL_MAIL_FOLDER": {"emptyDir": True}}},
    # The keys come from a Secret, which pods cannot write to: who writes it also replaces them.
    "orders": {"env": {"WAYBILL_TOKEN_KEY_SECONDS": 0}},
}
"""The values in values.yaml of services that need other ones than the defaults."""
