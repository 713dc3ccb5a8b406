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

from waybill_toolkit.platform.short_folder import short_folder

IMAGE: Final = "WAYBILL_IMAGE"


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """Run a cluster of two nodes; the thread of the tests is in its network meanwhile."""
    skip_unless_wanted(obstacles.against_cluster())
    with short_folder() as folder, running_cluster(folder) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def release(cluster: Cluster) -> Iterator[Release]:
    """Prepare what an operator brings: image, databases, brokers, secrets. Install nothing."""
    archive = os.environ.get(IMAGE)
    if archive is None:
        pytest.skip(f"{IMAGE} does not name an archive of the image localhost/waybill:test")
    cluster.import_image(Path(archive))
    services = sorted(path.parent.name for path in ROOT.glob("services/*/migrations"))
    with running_stores(cluster.api.folder, ADDRESS, services) as stores:
        release = Release(cluster, stores, secrets.token_urlsafe())
        release.prepare()
        yield release
