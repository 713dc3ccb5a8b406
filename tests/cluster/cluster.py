"""A whole cluster on this machine: control plane, nodes, Services, names."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.api_server import SERVICE_ADDRESSES, ApiServer, running_api_server
from tests.cluster.binaries import built
from tests.cluster.clients import Client, client
from tests.cluster.images import write_image
from tests.cluster.machine import Machine, running_machine
from tests.cluster.network_policies import enforced_policies
from tests.cluster.node import PAUSE_IMAGE, Node, running_node
from tests.cluster.servers import running

from waybill_toolkit.platform.waiting import wait_until

ADDRESS: Final = "10.244.0.1"
"""Of the machine: the API listens here, and so may what is outside of the cluster."""
PODS: Final = "10.244.0.0/16"
_NODES: Final = 2
_READY_SECONDS_MAX: Final = 120.0
_DNS_IMAGE: Final = "localhost/coredns:1"
_MANIFESTS: Final = Path(__file__).parent / "manifests"


@dataclass(frozen=True)
class Cluster:
    """A running cluster; reach it from within `machine.network()`."""

    machine: Machine
    api: ApiServer
    nodes: Sequence[Node]

    @property
    def kubectl(self) -> Client:
        return client("kubectl", self.api.kubeconfig)

    @property
    def helm(self) -> Client:
        return client("helm", self.api.kubeconfig)

    def import_image(self, archive: Path) -> None:
        """Load an archive of images on every node."""
        for node in self.nodes:
            node.import_image(archive)


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Run a cluster until the end of the block; this thread is in its network meanwhile.

    Raises BuildError, ServerError, or TimeoutError when it does not become ready.
    """
    with ExitStack() as stack:
        machine = stack.enter_context(running_machine(folder))
        machine.add_address(ADDRESS)
        # A packet to a Service needs a route before kube-proxy's rules send it elsewhere.
        machine.run("ip", "route", "add", SERVICE_ADDRESSES, "dev", "lo", "src", ADDRESS)
        stack.enter_context(machine.network())
        api = stack.enter_context(running_api_server(folder, ADDRESS))
        for name, command in _control_plane(api).items():
            stack.enter_context(running(name, command, folder))
        nodes = [
            stack.enter_context(running_node(machine, number, folder, api.kubeconfig))
            for number in range(1, _NODES + 1)
        ]
        cluster = Cluster(machine, api, nodes)
        proxy = machine.command(*_proxy(api, nodes[0]))
        stack.enter_context(running("kube-proxy", proxy, folder))
        stack.enter_context(enforced_policies(machine, api, PODS, folder))
        _import_own_images(cluster, folder)
        _start_dns(cluster)
        yield cluster


def _control_plane(api: ApiServer) -> dict[str, list[object]]:
    kubeconfig = f"--kubeconfig={api.kubeconfig}"
    return {
        "kube-controller-manager": [
            built("kube-controller-manager"), kubeconfig, "--bind-address=127.0.0.1",
            "--leader-elect=false", f"--root-ca-file={api.certificate}",
            f"--service-account-private-key-file={api.service_account_key}",
        ],
        "kube-scheduler": [
            built("kube-scheduler"), kubeconfig, "--bind-address=127.0.0.1", "--leader-elect=false",
        ],
    }  # fmt: skip


def _proxy(api: ApiServer, node: Node) -> list[object]:
    # The nodes share a network, so one proxy serves all. The limits of the kernel's connection
    # tracking belong to the host.
    return [
        built("kube-proxy"), f"--kubeconfig={api.kubeconfig}", f"--hostname-override={node.name}",
        "--proxy-mode=nftables", f"--cluster-cidr={PODS}", "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
    ]  # fmt: skip


def _import_own_images(cluster: Cluster, folder: Path) -> None:
    for name, program in ((PAUSE_IMAGE, "pause"), (_DNS_IMAGE, "coredns")):
        archive = folder / f"{program}.tar"
        write_image(archive, name, built(program))
        cluster.import_image(archive)
        archive.unlink()


def _start_dns(cluster: Cluster) -> None:
    kubectl = cluster.kubectl
    wait = ("wait", "--timeout", f"{_READY_SECONDS_MAX:.0f}s")
    nodes = [f"node/{node.name}" for node in cluster.nodes]
    wait_until(lambda: kubectl.start("get", *nodes).returncode == 0, _READY_SECONDS_MAX, "nodes")
    kubectl.run(*wait, "--for=condition=Ready", *nodes)
    kubectl.run("apply", "-f", _MANIFESTS / "dns.yaml")
    kubectl.run(*wait, "-n", "kube-system", "--for=condition=Available", "deployment/coredns")
