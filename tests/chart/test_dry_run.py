"""A real API server accepts what the charts render, in a namespace with the restricted profile."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml
from tests.chart.charts import CHART, LOGS, ROOT, SETS, TRIAL, VALUES
from tests.chart.crds import published, without_schema
from tests.cluster.api_server import ApiServer
from tests.cluster.binaries import BuildError
from tests.cluster.clients import Client, client

NAMESPACE: Final = "charts"
EXAMPLES: Final = sorted((ROOT / "deploy/helm/examples").glob("*/*.yaml"))
ACCOUNTS: Final = ("default", "release-waybill", "checkout")
OWNED: Final = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {
        "meta.helm.sh/release-name": "release",
        "meta.helm.sh/release-namespace": NAMESPACE,
    },
}
"""What Helm asks of objects that are there before it installs them."""
ON_THE_SERVER: Final = ("--dry-run=server", "--namespace", NAMESPACE, "-f", "-")
CREATE: Final = ("create", *ON_THE_SERVER)
APPLY: Final = ("apply", "--server-side", "--force-conflicts", "--validate=strict", *ON_THE_SERVER)


@pytest.fixture(scope="session")
def kubectl(api_server: ApiServer) -> Client:
    """Give kubectl for an API with a restricted namespace and the kinds of other projects."""
    kubectl = client("kubectl", api_server.kubeconfig)
    try:
        for file in published():
            kubectl.run("apply", "--server-side", "-f", file)
    except BuildError as error:
        pytest.skip(str(error))
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    objects: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": NAMESPACE, "labels": level},
        },
        *({"apiVersion": "v1", "kind": "ServiceAccount", **_named(each)} for each in ACCOUNTS),
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": "important"},
            "value": 1,
        },
        *without_schema(),
    ]
    kubectl.run("apply", "--server-side", "-f", "-", document=yaml.safe_dump_all(objects))
    kubectl.run("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    return kubectl


@pytest.fixture
def installer(kubectl: Client) -> Client:
    """Give helm for the same API."""
    return client("helm", kubectl.kubeconfig)


def _named(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": NAMESPACE, **OWNED}}


def _pods(text: str) -> Iterator[dict[str, Any]]:
    """Yield the pods that controllers would create: only they are checked for the profile."""
    for each in filter(None, yaml.safe_load_all(text)):
        if each["kind"] in {"Deployment", "StatefulSet"}:
            template = each["spec"]["template"]
            names = {volume["name"] for volume in template["spec"]["volumes"]}
            claims = each["spec"].get("volumeClaimTemplates", [])
            template["spec"]["volumes"] += [
                {"name": claim["metadata"]["name"], "emptyDir": {}}
                for claim in claims
                if claim["metadata"]["name"] not in names
            ]
            metadata = {**template["metadata"], "name": each["metadata"]["name"]}
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": metadata,
                "spec": template["spec"],
            }
        if each["kind"] == "Pod":
            yield each


@pytest.mark.parametrize("name", SETS)
def test_a_dry_run_on_the_server_is_accepted(kubectl: Client, installer: Client, name: str) -> None:
    values = ("-f", VALUES / f"{name}.yaml", "--namespace", NAMESPACE)
    installer.run("install", "release", CHART, *values, "--dry-run=server")
    text = installer.run("template", "release", CHART, *values)
    # A namespace of Strimzi's own is not there.
    rendered = text.replace("namespace: kafka\n", f"namespace: {NAMESPACE}\n")
    kubectl.run(*APPLY, document=rendered)
    pods = {"apiVersion": "v1", "kind": "List", "items": list(_pods(text))}
    created = kubectl.run(*CREATE, document=json.dumps(pods))
    assert created.count("created (server dry run)") == len(pods["items"]) >= 5


def test_the_trial_is_accepted(kubectl: Client, installer: Client) -> None:
    installer.run("install", "trial", TRIAL, "--namespace", NAMESPACE, "--dry-run=server")
    text = installer.run("template", "trial", TRIAL, "--namespace", NAMESPACE)
    kubectl.run(*APPLY, document=text)
    pods = {"apiVersion": "v1", "kind": "List", "items": list(_pods(text))}
    kubectl.run(*CREATE, document=json.dumps(pods))


def test_the_logs_are_accepted(kubectl: Client, installer: Client) -> None:
    stores = "loki.endpoint=http://loki/otlp,elasticsearch.endpoint=https://es:9200"
    text = installer.run("template", "logs", LOGS, "--namespace", NAMESPACE, "--set", stores)
    kubectl.run(*APPLY, document=text)


def test_a_pod_that_breaks_the_profile_is_refused(kubectl: Client, installer: Client) -> None:
    privileged = ("--set", "defaults.securityContext.allowPrivilegeEscalation=true")
    values = ("-f", VALUES / "smallest.yaml", *privileged)
    text = installer.run("template", "release", CHART, *values)
    pods = {"apiVersion": "v1", "kind": "List", "items": list(_pods(text))}
    message = kubectl.refused(*CREATE, document=json.dumps(pods))
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation' in message


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_is_accepted(kubectl: Client, path: Any) -> None:
    if path.name != "values.yaml":
        kubectl.run(*APPLY, document=path.read_text("utf-8"))
