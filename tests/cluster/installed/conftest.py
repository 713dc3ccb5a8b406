"""A cluster in which Waybill is installed; its tests follow each other."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.cluster import obstacles
from tests.cluster.clients import fetched
from tests.cluster.cluster import ADDRESS, Cluster, running_cluster
from tests.cluster.fixtures import skip_unless_wanted
from tests.cluster.ingress import https_front
from tests.cluster.installed.accounts import Account
from tests.cluster.installed.page import ROOT, Reader
from tests.cluster.installed.release import Release
from tests.cluster.stores import running_stores
from tests.images import building, server_images

from waybill_toolkit.platform.apache_kafka.distribution import ensure_kafka, jars_folder
from waybill_toolkit.platform.short_folder import short_folder

IMAGE: Final = "WAYBILL_IMAGE"
"""The variable with the path of an archive of localhost/waybill:test."""


def _skip_unless_it_runs_here() -> None:
    images = [f"{each} missing" for each in building.missing()]
    skip_unless_wanted([*obstacles.against_cluster(), *images])


@pytest.fixture(scope="package")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the image of the tree, or take the archive that a variable names."""
    if given := os.environ.get(IMAGE):
        return Path(given)
    _skip_unless_it_runs_here()
    building.build()
    archive = tmp_path_factory.mktemp("image") / "waybill.tar"
    building.save(archive)
    return archive


@pytest.fixture(scope="package")
def server_archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build PostgreSQL and Kafka for the trial, under the names that it has for them."""
    _skip_unless_it_runs_here()
    values = yaml.safe_load((ROOT / "deploy/helm/trial/values.yaml").read_text("utf-8"))
    folder = tmp_path_factory.mktemp("servers")
    server_images.build_postgres()
    server_images.build_kafka()
    saved: list[Path] = []
    for image, name in (
        (server_images.POSTGRES, f"docker.io/library/{values['postgresql']['image']}"),
        (server_images.KAFKA, f"docker.io/{values['kafka']['image']}"),
    ):
        archive = folder / f"{len(saved)}.tar"
        building.save(archive, image, name)
        saved.append(archive)
    return saved


@pytest.fixture(scope="package")
def cluster(image: Path, server_archives: list[Path]) -> Iterator[Cluster]:
    """Run a cluster of two nodes with the images; the thread of the tests is in its network.

    Whatever needs the network of the host has to happen before.
    """
    _skip_unless_it_runs_here()
    fetched("helm")
    ensure_kafka(jars_folder())
    with short_folder() as folder, running_cluster(folder) as cluster:
        for archive in (image, *server_archives):
            cluster.import_image(archive)
        yield cluster


@pytest.fixture
def reader(cluster: Cluster) -> Iterator[Reader]:
    """A person with an empty terminal."""
    with tempfile.TemporaryDirectory() as folder:
        yield Reader(Path(folder), cluster.api.kubeconfig)


@pytest.fixture(scope="package")
def release(cluster: Cluster) -> Iterator[Release]:
    """Run what an operator brings: databases, brokers, a way in. Install nothing."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stores(cluster.api.folder, ADDRESS) as stores,
    ):
        # curl trusts the CA of the way in.
        reader = Reader(Path(folder), cluster.api.kubeconfig, CURL_CA_BUNDLE=str(stores.ca))
        release = Release(cluster, stores, reader)
        with https_front(ADDRESS, stores.issued, release.gateway_place):
            yield release


@pytest.fixture(scope="package")
def account(release: Release) -> Account:
    """An account of the installed release, for the tests after the first."""
    return release.account()
