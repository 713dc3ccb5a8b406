"""A cluster in which Waybill is installed; its tests follow each other."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.cluster import obstacles
from tests.cluster.cluster import ADDRESS, Cluster, running_cluster
from tests.cluster.fixtures import skip_unless_wanted
from tests.cluster.installed.release import ROOT, Release
from tests.cluster.stores import running_stores
from tests.images import building

from waybill_toolkit.platform.short_folder import short_folder

IMAGE: Final = "WAYBILL_IMAGE"
"""The variable with the path of an archive of localhost/waybill:test."""


@pytest.fixture(scope="package")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the image of the tree, or take the archive that a variable names."""
    if given := os.environ.get(IMAGE):
        return Path(given)
    skip_unless_wanted([f"{each} missing" for each in building.missing()])
    building.build()
    archive = tmp_path_factory.mktemp("image") / "waybill.tar"
    building.save(archive)
    return archive


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """Run a cluster of two nodes; the thread of the tests is in its network meanwhile."""
    skip_unless_wanted(obstacles.against_cluster())
    with short_folder() as folder, running_cluster(folder) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def release(image: Path, cluster: Cluster) -> Iterator[Release]:
    """Prepare what an operator brings: image, databases, brokers, secrets. Install nothing."""
    cluster.import_image(image)
    services = sorted(path.parent.name for path in ROOT.glob("services/*/migrations"))
    with running_stores(cluster.api.folder, ADDRESS, services) as stores:
        release = Release(cluster, stores, secrets.token_urlsafe())
        release.prepare()
        yield release
