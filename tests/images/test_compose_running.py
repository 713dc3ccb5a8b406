"""deploy/compose.yaml as a whole: all containers start in its order, and orders go through them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest
from tests.images import building, server_images
from tests.images.compose import Project

from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.operations.install_secrets.files import Hosts, SecretsFolder
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.operations.workload.client import Client
from waybill_toolkit.operations.workload.demo import open_shop
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.summary import Summary
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.waiting import wait_until

SERVICES: Final = Repository(building.ROOT).packages
ORDERS: Final = 20
HEALTHY_SECONDS_MAX: Final = 300
"""Only a failing test waits this long."""

MISSING: Final = list(building.obstacles())
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Build the images, make the secrets, and remove all containers and volumes at the end."""
    building.build()
    server_images.build_postgres()
    server_images.build_kafka()
    folder = tmp_path_factory.mktemp("deploy")
    now = datetime.now(UTC)  # noqa: TID251 - Java compares it with the time of the machine
    SecretsFolder(folder / "secrets", now).write(Services.around(building.ROOT), Hosts())
    project = Project(folder, free_port())
    project.write()
    try:
        yield project
    finally:
        project.compose("down", "--volumes")


def until_healthy(project: Project, *services: str) -> None:
    for service in services:
        try:
            wait_until(lambda: project.is_healthy(service), HEALTHY_SECONDS_MAX)  # noqa: B023 - now
        except TimeoutError:
            pytest.fail(f"{service} is not healthy:\n{project.log(service)}")


def test_orders_go_through_all_containers(project: Project) -> None:
    project.start("postgres", "kafka")
    until_healthy(project, "postgres", "kafka")
    project.start("databases", "topics")
    for once in ("databases", "topics"):
        assert project.exit_code(once) == 0, project.log(once)
    project.start(*SERVICES)
    until_healthy(project, *SERVICES)

    summary = asyncio.run(placed(project))

    assert (summary.placed, summary.refused, summary.in_flight) == (ORDERS, 0, 0)
    assert summary.confirmed >= ORDERS * 0.7
    project.command("audit", "--databases", "/run/secrets/databases")


async def placed(project: Project) -> Summary:
    """Open a shop and place orders with the administrator's token."""
    held = (project.folder / "secrets" / "token").read_text("ascii").strip()

    async def token(_: str | None) -> str:
        return held

    gateway = f"http://127.0.0.1:{project.port}"
    client = Client(gateway, gateway, gateway, tokens=token)
    shop = open_shop(ORDERS)
    try:
        await seed(client, shop.variants, shop.units)
        outcomes = await place_all(client, shop.orders, Poller(client).follow)
    finally:
        client.close()
    return Summary.of(outcomes)
