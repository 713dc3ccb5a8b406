"""The Kubernetes API of the tests is a real one: it enforces Pod Security."""

from tests.cluster.api_server import ApiServer
from tests.cluster.clients import client

RESTRICTED = """\
apiVersion: v1
kind: Namespace
metadata:
  name: {name}
  labels: {{pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: ServiceAccount  # which the controller manager would create
metadata: {{name: default, namespace: {name}}}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  automountServiceAccountToken: false
  containers:
    - name: only
      image: nowhere/nothing:1
      securityContext:
        {security}
"""
MODEST = (
    "{runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]},"
    " seccompProfile: {type: RuntimeDefault}}"
)


def test_a_restricted_namespace_refuses_a_privileged_pod(api_server: ApiServer) -> None:
    kubectl = client("kubectl", api_server.kubeconfig)
    kubectl.run("apply", "-f", "-", document=RESTRICTED.format(name="restricted"))
    create = ("create", "-n", "restricted", "-f", "-")
    pod = POD.format(name="greedy", security="{privileged: true}")
    message = kubectl.refused(*create, document=pod)
    assert 'violates PodSecurity "restricted:latest": privileged' in message
    pod = POD.format(name="modest", security=MODEST)
    assert kubectl.run(*create, document=pod) == "pod/modest created\n"


def test_programs_tell_the_version_that_they_are_built_from(api_server: ApiServer) -> None:
    """Charts compare it with the versions that they support."""
    versions = client("kubectl", api_server.kubeconfig).read("version")
    assert versions["serverVersion"]["gitVersion"] == "v1.36.3"
    assert versions["serverVersion"]["minor"] == "36"
