"""The life of a release: installed, used, upgraded, broken, moved, audited, uninstalled.

The tests stand in this order, and each leaves a working release.
"""

import asyncio

import pytest
import yaml
from tests.cluster.cluster import ADDRESS
from tests.cluster.ingress import PORT as HTTPS_PORT
from tests.cluster.installed.accounts import Account
from tests.cluster.installed.load import SKU, load_on
from tests.cluster.installed.reach import reached
from tests.cluster.installed.release import CHART, NAME, NAMESPACE, Release
from tests.cluster.stores import KAFKA_PORT, POSTGRES_PORT

from waybill_toolkit.operations.workload.client import Client, Variant
from waybill_toolkit.operations.workload.demo import open_shop
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.summary import Summary
from waybill_toolkit.platform.waiting import wait_until

ORDERS = 200
SERVICES = CHART / "files" / "services.yaml"
"""What the chart knows from the contracts."""


def test_the_page_leads_to_the_first_confirmed_order(release: Release) -> None:
    shown = release.install()
    assert '"status":"confirmed"' in shown
    assert "Succeeded" in shown


def test_200_orders_go_through_the_service_of_the_gateway(
    release: Release, account: Account
) -> None:
    summary = asyncio.run(placed(release, account))
    assert (summary.placed, summary.refused, summary.in_flight) == (ORDERS, 0, 0)
    assert summary.confirmed >= ORDERS * 0.75


def test_no_request_fails_during_an_upgrade(release: Release, account: Account) -> None:
    before = pods(release)
    with load_on(release.gateway, account) as load:
        release.upgrade("--set", "defaults.podAnnotations.upgraded=yes")
    load.require_no_failure()
    assert load.requests > 100
    assert pods(release).isdisjoint(before)


def test_an_upgrade_that_cannot_work_is_rolled_back_and_no_request_fails(
    release: Release, account: Account
) -> None:
    before = pods(release)
    command = release.upgrade_command("--set", "image.tag=none", "--rollback-on-failure")
    with load_on(release.gateway, account) as load:
        said = release.cluster.helm.refused("-n", NAMESPACE, *command, "--timeout", "30s")
    assert "failed" in said
    load.require_no_failure()
    assert pods(release) == before
    history = release.cluster.helm.read("-n", NAMESPACE, "history", NAME)
    assert "Rollback" in history[-1]["description"]


@pytest.mark.parametrize("service", ["gateway", "orders"])
def test_orders_go_on_when_a_pod_is_killed(
    release: Release, account: Account, service: str
) -> None:
    [pod, *_] = sorted(pods(release, service))
    with load_on(release.gateway, account) as load:
        release.kubectl("delete", "--now", f"pod/{pod}")
        release.wait_until_ready()
    load.require_no_failure()
    settle(release, account, load.orders)


def test_no_request_fails_while_a_node_is_drained(release: Release, account: Account) -> None:
    node = release.cluster.nodes[1].name
    kubectl = release.cluster.kubectl
    try:
        with load_on(release.gateway, account) as load:
            kubectl.run("drain", node, "--delete-emptydir-data", "--timeout=240s")
            release.wait_until_ready()
        field = f"--field-selector=spec.nodeName={node}"
        assert kubectl.read("get", "pods", "-n", NAMESPACE, field)["items"] == []
    finally:
        kubectl.run("uncordon", node)
    load.require_no_failure()
    settle(release, account, load.orders)


def test_pods_reach_what_their_contracts_say_and_nothing_else(release: Release) -> None:
    """The policies are enforced: what is forbidden is tried."""
    installed = yaml.safe_load(SERVICES.read_text("utf-8"))["services"]
    outside = {"database": POSTGRES_PORT, "kafka": KAFKA_PORT, "issuer": HTTPS_PORT}
    targets = {each: (f"{NAME}-{each}", 8000) for each in installed}
    targets |= {name: (ADDRESS, port) for name, port in outside.items()}
    targets["the API of Kubernetes"] = (ADDRESS, release.cluster.api.port)
    for name, facts in installed.items():
        expected = {callee for callee in installed if name in installed[callee]["callers"]}
        expected.add("issuer")
        expected |= {"database"} if facts["database"] else set()
        expected |= {"kafka"} if facts["sends"] or facts["receives"] else set()
        assert (name, reached(release, name, targets)) == (name, expected)


def test_the_audit_of_helm_test_is_clean(release: Release) -> None:
    said = release.helm("test", NAME, "--logs", "--timeout", "180s")
    assert "Succeeded" in said


def test_nothing_is_left_when_it_is_uninstalled(release: Release) -> None:
    kinds = [
        each
        for each in release.cluster.kubectl.run(
            "api-resources", "--verbs=list", "--namespaced", "--output=name"
        ).split()
        if not each.startswith("events")
    ]
    release.helm("uninstall", NAME, "--wait", "--timeout", "120s")
    label = f"app.kubernetes.io/instance={NAME}"
    left = ("get", ",".join(kinds), "-l", label, "-o", "name")
    wait_until(lambda: release.kubectl(*left) == "", 120, "the end of all pods")


async def placed(release: Release, account: Account) -> Summary:
    """Open a shop and place orders; stock for `load_on` is there, too."""
    shop = open_shop(ORDERS)
    load = Variant(SKU, "Lantern", 255, "GBP")
    client = client_of(release, account)
    try:
        await seed(client, {**shop.variants, SKU: load}, {**shop.units, SKU: 1_000_000})
        outcomes = await place_all(client, shop.orders, Poller(client).follow)
    finally:
        client.close()
    return Summary.of(outcomes)


def settle(release: Release, account: Account, order_ids: list[str]) -> None:
    """Require that each of these orders is confirmed, soon."""

    async def final() -> set[str]:
        client = client_of(release, account)
        poller = Poller(client)
        try:
            orders = [await poller.follow(await client.get_order(each)) for each in order_ids]
        finally:
            client.close()
        return {order.status for order in orders}

    assert asyncio.run(final()) == {"confirmed"}


def client_of(release: Release, account: Account) -> Client:
    async def token(_: str | None) -> str:
        return await asyncio.to_thread(account.token)

    gateway = release.gateway
    return Client(gateway, gateway, gateway, tokens=token)


def pods(release: Release, service: str | None = None) -> set[str]:
    """Return the names of the pods that are not being ended."""
    label = f"app.kubernetes.io/instance={NAME}"
    label += f",app.kubernetes.io/component={service}" if service else ""
    found = release.cluster.kubectl.read("get", "pods", "-n", NAMESPACE, "-l", label)
    return {
        each["metadata"]["name"]
        for each in found["items"]
        if "deletionTimestamp" not in each["metadata"]
    }
