"""Waybill as `helm install` puts it into a cluster, and what its operator has to bring."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from tests.cluster.cluster import Cluster
from tests.cluster.stores import Stores

from waybill.key_files import KEY_BYTES, SUFFIX
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.lab.conformance.closed import grants

ROOT: Final = Path(__file__).parents[3]
CHART: Final = ROOT / "deploy" / "helm" / "waybill"
NAME: Final = "waybill"
NAMESPACE: Final = "shop"
_VALUES: Final = Path(__file__).parent / "values.yaml"
_READY: Final = "300s"


@dataclass(frozen=True)
class Release:
    """The release `waybill` in its namespace."""

    cluster: Cluster
    stores: Stores
    token: str
    """A token that permits every operation."""

    @property
    def gateway(self) -> str:
        """The address of the gateway's Service."""
        address = self.kubectl("get", "service", f"{NAME}-gateway", "-o=jsonpath={.spec.clusterIP}")
        return f"http://{address}:8000"

    def prepare(self) -> None:
        """Create the namespace, under restricted Pod Security, and the secrets that values name."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        self._apply(kind="Namespace", metadata={"name": NAMESPACE, "labels": labels})
        tokens = json.dumps(grants(Repository(ROOT), self.token))
        for name, content in {
            "waybill-databases": self.stores.databases,
            "waybill-database-ca": {"ca.crt": self.stores.ca.read_text("utf-8")},
            "waybill-tokens": {"tokens.json": tokens},
            "waybill-token-keys": {f"20260101T000000Z{SUFFIX}": secrets.token_hex(KEY_BYTES)},
        }.items():
            metadata = {"name": name, "namespace": NAMESPACE}
            self._apply(kind="Secret", metadata=metadata, stringData=dict(content))

    def upgrade(self, *options: object) -> str:
        """Install or upgrade, and wait until every pod is ready. Raises CommandFailedError."""
        return self.helm(*self.upgrade_command(*options))

    def upgrade_command(self, *options: object) -> list[object]:
        """Return the command of `upgrade`."""
        brokers = f"kafka.bootstrapServers={self.stores.bootstrap_servers}"
        return [
            "upgrade", "--install", NAME, CHART, "--values", _VALUES, "--set", brokers,
            "--wait", "--timeout", _READY, *options,
        ]  # fmt: skip

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

    def _apply(self, **document: Any) -> None:
        versioned = {"apiVersion": "v1", **document}
        self.cluster.kubectl.run("apply", "-f", "-", document=yaml.safe_dump(versioned))
