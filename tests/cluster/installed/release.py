"""Waybill as docs/install.md installs it with one's own PostgreSQL and Kafka."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.cluster import ADDRESS, Cluster
from tests.cluster.installed.accounts import Account
from tests.cluster.installed.page import OWN_SERVERS, ROOT, Reader
from tests.cluster.stores import Stores

from waybill_toolkit.testing.tls_front import Place

CHART: Final = ROOT / "deploy" / "helm" / "waybill"
NAME: Final = "waybill"
NAMESPACE: Final = "shop"
ISSUER: Final = f"https://{ADDRESS}"
"""The address of the gateway for clients, and for services that read the keys of tokens."""

_CA: Final = "postgresql-ca.crt"
_VALUES: Final = Path(__file__).parent / "values.yaml"
_READY: Final = "300s"
_SCOPES: Final = (
    "catalog:read", "catalog:write", "inventory:read", "inventory:write", "orders:any",
    "orders:read", "orders:write",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """The release `waybill` in its namespace."""

    cluster: Cluster
    stores: Stores
    reader: Reader

    @property
    def gateway(self) -> str:
        """The address of the gateway's Service."""
        host, port = self.gateway_place()
        return f"http://{host}:{port}"

    def gateway_place(self) -> Place:
        """Return host and port of the gateway's Service. Raises CommandFailedError."""
        address = self.kubectl("get", "service", f"{NAME}-gateway", "-o=jsonpath={.spec.clusterIP}")
        return address, 8000

    def install(self) -> str:
        """Install it as the page says, to the first order; return what the terminal shows."""
        (self.reader.folder / _CA).write_bytes(self.stores.ca.read_bytes())
        restricted = (
            f"kubectl label namespace {NAMESPACE} pod-security.kubernetes.io/enforce=restricted"
        )
        return self.reader.follow(
            OWN_SERVERS,
            {
                "registry.example/waybill": "localhost/waybill",
                "--postgres postgres.example": f"--postgres {ADDRESS}",
                "--kafka kafka.example": f"--kafka {ADDRESS}",
                "host=postgres.example user=postgres": self.stores.admin_url,
                "kafka.example:9092": self.stores.bootstrap_servers,
                "https://shop.example": ISSUER,
                # The tests' own demands: restricted Pod Security, enforced policies.
                "kubectl create namespace shop": f"kubectl create namespace shop && {restricted}",
                "-f my-values.yaml": f"-f my-values.yaml -f {_VALUES}",
            },
        )

    def account(self) -> Account:
        """Create a service account by the command of the page."""
        scopes = [f"--scope={each}" for each in _SCOPES]
        made = self.kubectl(
            "exec", f"deployment/{NAME}-identity", "--", "python3", "-m", "identity",
            "service-account", "add", f"tests-{time.time_ns()}", *scopes,
        )  # fmt: skip
        return Account(ISSUER, made, self.stores.ca)

    def upgrade(self, *options: object) -> str:
        """Upgrade, and wait until every pod is ready. Raises CommandFailedError."""
        return self.helm(*self.upgrade_command(*options))

    def upgrade_command(self, *options: object) -> list[object]:
        """Return the command of `upgrade`."""
        values = ("--values", self.reader.folder / "my-values.yaml", "--values", _VALUES)
        return ["upgrade", NAME, CHART, *values, "--wait", "--timeout", _READY, *options]

    def wait_until_ready(self) -> None:
        """Wait until every pod of every Deployment is there and ready."""
        deployments = self.kubectl("get", "deployments", "-o", "name").split()
        for each in deployments:
            self.kubectl("rollout", "status", each, f"--timeout={_READY}")

    def helm(self, *command: object) -> str:
        """Run helm in the namespace."""
        return self.cluster.helm.run("--namespace", NAMESPACE, *command)

    def kubectl(self, *command: object) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl.run("--namespace", NAMESPACE, *command)
