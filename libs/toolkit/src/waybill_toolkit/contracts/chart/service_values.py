"""The values of one service in the chart: `defaults`, and `services.NAME`, which overrides them.

Each attribute has its description below it: values.yaml, values.schema.json and the table of values
are generated from these classes. Kubernetes has the last word on values that are its own objects.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt
from pydantic.alias_generators import to_camel

KubernetesObject = dict[str, Any]
"""A part of a Kubernetes object, as its API reference describes it."""

Percent = Annotated[int, Field(ge=1, le=100)]


class Group(BaseModel):
    """A group of values: unknown names are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )


class SecretKey(Group):
    """A key of a Secret."""

    existing_secret: str = ""
    """The name of the Secret. `{service}` in it stands for the name of the service."""
    key: str = ""
    """The key in it. `{service}` in it stands for the name of the service."""


class CaSecret(Group):
    """The certificate of a CA."""

    existing_secret: str = ""
    """The Secret. Without it the CAs of the system are trusted."""
    key: str = "ca.crt"
    """The key in it: a PEM file."""


class MountedFile(Group):
    """A file from a Secret or a ConfigMap."""

    existing_secret: str = ""
    """The name of a Secret."""
    config_map: str = ""
    """The name of a ConfigMap, instead of a Secret."""
    key: str = ""
    """The key in it."""


class MountedFolder(Group):
    """A folder from one of three places."""

    existing_secret: str = ""
    """The name of a Secret: each of its keys is a file. The folder cannot be written to."""
    persistent_volume_claim: str = ""
    """The name of a claim. With several replicas its access mode is ReadWriteMany."""
    empty_dir: bool = False
    """An empty folder of each pod, which is deleted with it."""


class Probe(Group):
    """The numbers of a probe."""

    period_seconds: PositiveInt
    """The interval."""
    timeout_seconds: PositiveInt = 3
    """The time for an answer."""
    failure_threshold: PositiveInt = 3
    """Failures in a row that count."""


class Probes(Group):
    """The probes of a service."""

    startup: Probe = Probe(period_seconds=2, failure_threshold=1800)
    """A pod migrates its database before it listens, so this is the time for a migration: an hour.
    Until then it is neither ready nor restarted, and the old pods go on."""
    liveness: Probe = Probe(period_seconds=10, failure_threshold=6)
    """/health/live. It does not ask the database or the brokers: a restart would not help."""
    readiness: Probe = Probe(period_seconds=5, failure_threshold=2)
    """/health/ready."""


class TopologySpread(Group):
    """Where the replicas of a service run."""

    enabled: bool = True
    """Spread them over nodes and zones."""
    when_unsatisfiable: Literal["ScheduleAnyway", "DoNotSchedule"] = "ScheduleAnyway"
    """DoNotSchedule leaves pods pending when a node or zone is missing."""


class DisruptionBudget(Group):
    """How many replicas a drain may take at once."""

    enabled: bool = True
    """Create a PodDisruptionBudget, if there are two replicas or more."""
    max_unavailable: PositiveInt = 1
    """At least one, so that no drain is blocked. Pods that are not ready can always be evicted."""


class Keda(Group):
    """Autoscaling by KEDA, by the work that waits, instead of a HorizontalPodAutoscaler."""

    enabled: bool = False
    """Create a ScaledObject. `autoscaling.cpu` is one of its triggers."""
    lag: PositiveInt = 500
    """Records of each received topic that wait for one replica."""
    outbox: PositiveInt = 2000
    """Events that are not published yet, for one replica, as /metrics says. Not asked when
    `scaleToZero` is on, as no pod could answer, nor with `tls`, whose CA KEDA does not know."""
    scale_to_zero: bool = False
    """No replica while there is no lag. See docs/scale-to-zero.md: what that stops."""
    polling_interval: PositiveInt = 15
    """Seconds between two looks."""
    cooldown_period: PositiveInt = 300
    """Seconds without work before the last replica stops."""
    authentication: str = ""
    """The name of a TriggerAuthentication for the brokers: `username` and `password`, or `ca`,
    `cert` and `key`. Required unless `kafka.security.protocol` is PLAINTEXT."""


class Autoscaling(Group):
    """How the number of replicas follows the load. `replicas` is not used then."""

    enabled: bool = False
    """Create a HorizontalPodAutoscaler, or with `keda` a ScaledObject."""
    min_replicas: PositiveInt = 2
    """The fewest replicas."""
    max_replicas: PositiveInt = 8
    """The most. With KEDA at most the partitions of the topics that the service receives."""
    cpu: Percent | None = 70
    """The use of the requested CPU, in percent. It needs `resources.requests.cpu`."""
    memory: Percent | None = None
    """The use of the requested memory, in percent."""
    behavior: KubernetesObject = {}
    """The `behavior` of the HorizontalPodAutoscaler."""
    keda: Keda = Keda()
    """Autoscaling by lag and outbox."""


class ServiceValues(Group):
    """The values of every service."""

    replicas: NonNegativeInt = 2
    """The number of pods, without autoscaling."""
    resources: KubernetesObject = {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "384Mi"},
    }
    """No limit of CPU: it would only slow down what nobody else uses."""
    probes: Probes = Probes()
    """How Kubernetes watches a pod."""
    termination_grace_period_seconds: PositiveInt = 30
    """More than `preStopSleepSeconds` and WAYBILL_GRACEFUL_STOP_SECONDS together."""
    pre_stop_sleep_seconds: NonNegativeInt = 5
    """Time before SIGTERM: until then, other nodes may still send requests to the pod."""
    strategy: KubernetesObject = {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
    """An old pod stops when a new one is ready. An upgrade that cannot work stops no pod."""
    topology_spread: TopologySpread = TopologySpread()
    """Where replicas run."""
    pdb: DisruptionBudget = DisruptionBudget()
    """What a drain may take."""
    autoscaling: Autoscaling = Autoscaling()
    """Replicas by load."""
    env: KubernetesObject = {}
    """Settings as environment variables: WAYBILL_LOG_LEVEL: DEBUG. Each is checked against the
    settings of the service. In `defaults`, only services that have a setting get it."""
    secrets: dict[str, SecretKey] = {}
    """Settings that are secrets, by name. They are mounted as files."""
    files: dict[str, MountedFile] = {}
    """Settings that are paths of files, by name."""
    folders: dict[str, MountedFolder] = {}
    """Settings that are paths of folders, by name."""
    extra_env: list[KubernetesObject] = []
    """More environment variables, also for other programs: `env` of a container."""
    extra_env_from: list[KubernetesObject] = []
    """`envFrom` of the container."""
    extra_volumes: list[KubernetesObject] = []
    """`volumes` of the pod."""
    extra_volume_mounts: list[KubernetesObject] = []
    """`volumeMounts` of the container."""
    pod_annotations: dict[str, str] = {}
    """Annotations of pods."""
    pod_labels: dict[str, str] = {}
    """Labels of pods."""
    service_annotations: dict[str, str] = {}
    """Annotations of the Service."""
    pod_security_context: KubernetesObject = {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    """The restricted profile. On OpenShift, set the three ids to null."""
    security_context: KubernetesObject = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    """The same for the container."""
    node_selector: dict[str, str] = {}
    """`nodeSelector` of pods."""
    tolerations: list[KubernetesObject] = []
    """`tolerations` of pods."""
    affinity: KubernetesObject = {}
    """`affinity` of pods."""
    priority_class_name: str = ""
    """`priorityClassName` of pods."""


class NamedServiceValues(ServiceValues):
    """What only one service can have."""

    enabled: bool = True
    """Deploy it. Without it the gateway answers its operations with 503."""
    upstream: str = ""
    """Its address for the gateway, if it runs elsewhere: https://payments.example."""
    database: SecretKey = SecretKey()
    """The Secret with its database, instead of that of `database`."""
    egress: list[KubernetesObject] = []
    """More `egress` rules of its NetworkPolicy, such as to a payment provider."""
