"""What the chart renders for each set of values: accepted by Kubernetes, and safe by default."""

import json
from typing import Final

import kubernetes_validate  # type: ignore[import-untyped]  # it is untyped
import pytest
from tests.chart.charts import CHART, SETS, VALUES, containers, of_kind, variables
from tests.chart.conftest import Render
from tests.cluster.clients import Client

NEWEST: Final = "1.37"
OLDEST: Final = "1.30"
"""That of Chart.yaml."""
NOT_OF_KUBERNETES: Final = {
    "HTTPRoute", "KafkaTopic", "KafkaUser", "PrometheusRule", "ScaledObject", "ServiceMonitor",
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_helm_finds_no_fault(helm: Client, name: str) -> None:
    helm.run("lint", "--strict", CHART, "-f", VALUES / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "version"), [*((each, NEWEST) for each in SETS), ("openshift", OLDEST)]
)
def test_every_object_fits_the_schema_of_kubernetes(
    render: Render, name: str, version: str
) -> None:
    objects = [each for each in render(name) if each["kind"] not in NOT_OF_KUBERNETES]
    for each in objects:
        kubernetes_validate.validate(each, version, strict=True)
    assert len(objects) >= 10


def test_a_field_that_kubernetes_does_not_have_is_found(render: Render) -> None:
    deployment = json.loads(json.dumps(of_kind(render("smallest"), "Deployment")["orders"]))
    deployment["spec"]["template"]["spec"]["container"] = []

    with pytest.raises(kubernetes_validate.ValidationError, match="container"):
        kubernetes_validate.validate(deployment, NEWEST, strict=True)


@pytest.mark.parametrize("name", SETS)
def test_names_are_unique(render: Render, name: str) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in render(name)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_a_secret_and_only_the_test_is_a_hook(render: Render, name: str) -> None:
    for each in render(name):
        assert each["kind"] != "Secret"
        hook = each["metadata"].get("annotations", {}).get("helm.sh/hook", "none")
        assert hook == ("test" if each["kind"] == "Pod" else "none")


@pytest.mark.parametrize("name", SETS)
def test_no_secret_is_in_the_environment(render: Render, name: str) -> None:
    for _, container in containers(render(name)):
        assert not any("secretKeyRef" in each.get("valueFrom", ()) for each in container["env"])


@pytest.mark.parametrize("name", SETS)
def test_pods_keep_to_the_restricted_profile_and_cannot_write(render: Render, name: str) -> None:
    pods = [each["spec"]["template"] for each in of_kind(render(name), "Deployment").values()]
    pods += of_kind(render(name), "Pod").values()
    for pod in pods:
        [container] = pod["spec"]["containers"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("name", SETS)
def test_every_mounted_file_is_in_a_volume(render: Render, name: str) -> None:
    for service, container in containers(render(name)):
        deployment = of_kind(render(name), "Deployment")[service]
        volumes = {each["name"] for each in deployment["spec"]["template"]["spec"]["volumes"]}
        mounted = {each["mountPath"] for each in container["volumeMounts"]}
        assert {each["name"] for each in container["volumeMounts"]} <= volumes
        for variable, path in variables(container).items():
            if path.startswith("/etc/waybill/"):
                assert "/".join(path.split("/")[:4]) in mounted, variable


@pytest.mark.parametrize("name", SETS)
def test_a_drain_is_never_blocked(render: Render, name: str) -> None:
    deployments = of_kind(render(name), "Deployment")
    budgets = of_kind(render(name), "PodDisruptionBudget")
    for service, budget in budgets.items():
        assert budget["spec"]["maxUnavailable"] >= 1
        assert "minAvailable" not in budget["spec"]
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert deployments[service]["spec"].get("replicas", 2) > 1
    assert (budgets == {}) == (name == "one-replica")


@pytest.mark.parametrize("name", SETS)
def test_selectors_stay_the_same_from_version_to_version(render: Render, name: str) -> None:
    for service, deployment in of_kind(render(name), "Deployment").items():
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert set(selector) == {
            "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component",
        }  # fmt: skip
        assert selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
        service_selector = of_kind(render(name), "Service")[service]["spec"]["selector"]
        assert service_selector == selector


@pytest.mark.parametrize("name", SETS)
def test_a_pod_has_time_to_stop(render: Render, name: str) -> None:
    for service, container in containers(render(name)):
        pod = of_kind(render(name), "Deployment")[service]["spec"]["template"]["spec"]
        graceful = float(variables(container).get("WAYBILL_GRACEFUL_STOP_SECONDS", 10))
        slept = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod["terminationGracePeriodSeconds"] > slept + graceful
        startup = container["startupProbe"]
        assert startup["periodSeconds"] * startup["failureThreshold"] >= 3600
        assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
