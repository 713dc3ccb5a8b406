"""Services still accept the recorded requests and events of earlier releases."""

from importlib import import_module
from pathlib import Path

import pytest

from waybill_toolkit.contracts.releases.recording import read_events, read_requests
from waybill_toolkit.contracts.releases.replaying import refused_events, refused_requests
from waybill_toolkit.contracts.repository import Repository

RELEASES = Path(__file__).with_name("releases")
HAD = {"0.1.0": (19, 23)}
"""The number of operations and event types of each release, so that recordings are complete."""


@pytest.fixture(params=sorted(RELEASES.iterdir()), ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


async def test_requests_of_a_release_are_taken_today(repository: Repository, release: Path) -> None:
    apis = [import_module(f"{service}.contract.api") for service in repository.services]
    operations = [operation for api in apis for operation in api.OPERATIONS]

    assert await refused_requests(read_requests(release), operations) == []


def test_events_of_a_release_are_read_today(repository: Repository, release: Path) -> None:
    received = {
        service: import_module(f"{service}.contract.events").RECEIVED
        for service in repository.services
    }

    assert refused_events(read_events(release), received) == []


def test_every_operation_and_event_of_a_release_is_recorded(release: Path) -> None:
    operations = {each.operation for each in read_requests(release)}
    types = {each.type for each in read_events(release)}

    assert (len(operations), len(types)) == HAD[release.name]
