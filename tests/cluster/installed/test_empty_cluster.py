"""The trial of docs/install.md leads from an empty cluster to an order, and leaves nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.cluster.cluster import Cluster
from tests.cluster.fixtures import skip_unless_wanted
from tests.cluster.installed.page import REMOVAL, ROOT, TRIAL, Reader
from tests.images import building, server_images

IMAGES: Final = yaml.safe_load((ROOT / "deploy/helm/trial/values.yaml").read_text("utf-8"))
"""The names of the images of PostgreSQL and Kafka, which no registry has here."""
VOLUME: Final = """\
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  capacity: {{storage: 5Gi}}
  accessModes: [ReadWriteOnce]
  hostPath: {{path: {path}, type: Directory}}
"""


@pytest.fixture(scope="module")
def server_archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build the images, under the names that the trial has for them."""
    skip_unless_wanted([f"{each} missing" for each in building.missing()])
    folder = tmp_path_factory.mktemp("servers")
    server_images.build_postgres()
    server_images.build_kafka()
    saved: list[Path] = []
    for image, name in (
        (server_images.POSTGRES, f"docker.io/library/{IMAGES['postgresql']['image']}"),
        (server_images.KAFKA, f"docker.io/{IMAGES['kafka']['image']}"),
    ):
        archive = folder / f"{len(saved)}.tar"
        building.save(archive, image, name)
        saved.append(archive)
    return saved


@pytest.fixture
def prepared(server_archives: list[Path], cluster: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that has the images, and two volumes for data."""
    for archive in server_archives:
        cluster.import_image(archive)
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
