"""A node: containerd with runc and CNI, and the kubelet.

Several share the network of one machine: each has an address, a range of pods and a control group
of its own. Pods are reached by routes, so that their traffic passes the hooks at which Services and
network policies work, also between pods of one node.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from tests.cluster.binaries import built
from tests.cluster.machine import Machine
from tests.cluster.servers import running

PAUSE_IMAGE: Final = "localhost/pause:1"
DNS_ADDRESS: Final = "10.96.0.10"
CNI_PROGRAMS: Final = "/usr/lib/cni"


@dataclass(frozen=True)
class Node:
    """A node, with the folder of its files."""

    machine: Machine
    number: int
    folder: Path

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def address(self) -> str:
        return f"10.244.0.{10 + self.number}"

    @property
    def pods(self) -> str:
        """The range of its pods' addresses."""
        return f"10.244.{self.number}.0/24"

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.folder / "containerd.sock"

    def import_image(self, archive: Path) -> None:
        """Load an archive of images; pods get them by name and never from elsewhere."""
        ctr = ("ctr", f"--address={self.socket}", "--namespace=k8s.io")
        self.machine.run(*ctr, "images", "import", archive)

    def write_files(self) -> None:
        """Write the configuration of containerd, CNI and the kubelet."""
        (self.folder / "cni").mkdir(parents=True)
        (self.folder / "containerd.toml").write_text(self._containerd(), "utf-8")
        (self.folder / "cni" / "10-pods.conflist").write_text(json.dumps(self._cni()), "utf-8")
        (self.folder / "kubelet.yaml").write_text(yaml.safe_dump(self._kubelet()), "utf-8")

    def _containerd(self) -> str:
        cri = 'plugins."io.containerd.grpc.v1.cri"'
        return f"""\
version = 2
root = "{self.folder}/containerd"
state = "/run/{self.name}"
[grpc]
  address = "{self.socket}"
[{cri}]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true  # a container may lack the right to lower it
  disable_apparmor = true
  disable_hugetlb_controller = true
[{cri}.cni]
  bin_dir = "{CNI_PROGRAMS}"
  conf_dir = "{self.folder}/cni"
[{cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[{cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
"""

    def _cni(self) -> dict[str, object]:
        ipam = {
            "type": "host-local",
            "ranges": [[{"subnet": self.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        plugin = {"type": "ptp", "ipMasq": False, "ipam": ipam}
        return {"cniVersion": "0.4.0", "name": self.name, "plugins": [plugin]}

    def _kubelet(self) -> dict[str, object]:
        endpoint = f"unix://{self.socket}"
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": self.address,
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"{self.machine.cgroup}/{self.name}",
            "failCgroupV1": False,
            "enforceNodeAllocatable": [],
            "clusterDNS": [DNS_ADDRESS],
            "clusterDomain": "cluster.local",
            "containerRuntimeEndpoint": endpoint,
            # Each kubelet removes the logs that are not of its pods.
            "podLogsDir": str(self.folder / "logs"),
            "oomScoreAdj": 0,
            "failSwapOn": False,
            "healthzPort": 0,
            "imageMaximumGCAge": "0s",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
        }


@contextmanager
def running_node(machine: Machine, number: int, folder: Path, kubeconfig: Path) -> Iterator[Node]:
    """Run a node until the end of the block; the machine ends what its containers leave."""
    node = Node(machine, number, folder / f"node{number}")
    node.write_files()
    machine.add_address(node.address)
    machine.add_cgroup(node.name)
    containerd = machine.command("containerd", "--config", node.folder / "containerd.toml")
    kubelet = machine.command(
        built("kubelet"), f"--config={node.folder / 'kubelet.yaml'}", f"--kubeconfig={kubeconfig}",
        f"--hostname-override={node.name}", f"--node-ip={node.address}",
        f"--root-dir={node.folder / 'kubelet'}", f"--cert-dir={node.folder / 'kubelet' / 'pki'}",
    )  # fmt: skip
    with ExitStack() as servers:
        server = servers.enter_context(running("containerd", containerd, node.folder))
        server.wait_until(node.socket.exists, "to listen")
        servers.enter_context(running("kubelet", kubelet, node.folder))
        yield node
