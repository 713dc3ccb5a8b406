"""Fixtures: a Kubernetes API for tests, which `make k8s` and CI ask for."""

import os
from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from tests.cluster import obstacles
from tests.cluster.api_server import ApiServer, running_api_server

from waybill_toolkit.platform.short_folder import short_folder

WANTED: Final = "WAYBILL_K8S"


def skip_unless_wanted(reasons: Sequence[str]) -> None:
    """Skip a test that needs Kubernetes, unless it was asked for and can run."""
    if WANTED not in os.environ:
        pytest.skip("needs Kubernetes, whose programs are built first: make k8s")
    if reasons:
        pytest.skip(f"Kubernetes cannot run here: {'; '.join(reasons)}")


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """Run etcd and kube-apiserver for the session; each test uses namespaces of its own."""
    skip_unless_wanted(obstacles.against_api())
    with short_folder() as folder, running_api_server(folder) as api:
        yield api
