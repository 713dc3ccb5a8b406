"""The trial of docs/install.md leads from an empty cluster to an order, and leaves nothing."""

from collections.abc import Iterator
from typing import Final

import pytest
from tests.cluster.cluster import Cluster
from tests.cluster.installed.page import REMOVAL, TRIAL, Reader

VOLUME: Final = """\
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  capacity: {{storage: 5Gi}}
  accessModes: [ReadWriteOnce]
  hostPath: {{path: {path}, type: Directory}}
"""


@pytest.fixture
def prepared(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster with two volumes for data."""
    for name in ("one", "two"):
        folder = cluster.api.folder / f"volume-{name}"
        folder.mkdir()
        folder.chmod(0o777)  # a provisioner would give it to the user of the pod
        volume = VOLUME.format(name=name, path=folder)
        cluster.kubectl.run("apply", "-f", "-", document=volume)
    yield cluster
    cluster.kubectl.run("delete", "persistentvolume", "one", "two", "--wait=false")


def test_the_trial_leads_to_the_first_confirmed_order(prepared: Cluster, reader: Reader) -> None:
    shown = reader.follow(
        TRIAL,
        {
            "--set image.repository=registry.example/waybill": (
                "--set image.repository=localhost/waybill --set image.tag=test"
            )
        },
    )
    assert '"status":"confirmed"' in shown
    assert "Succeeded" in shown

    reader.follow([REMOVAL], {})
    assert "shop" not in prepared.kubectl.run("get", "namespaces", "-o", "name")
