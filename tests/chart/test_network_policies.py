"""Network policies allow what the contracts need. Whether a network enforces them is not tested."""

from typing import Any

from tests.chart.charts import COMPONENT, Object, of_kind
from tests.chart.conftest import Render


def _peers(rules: list[dict[str, Any]], way: str, port: int | str) -> list[Object] | None:
    """Return the peers of the rules for a port; None for anybody."""
    found = [rule for rule in rules if any(each["port"] == port for each in rule["ports"])]
    assert len(found) == 1
    peers: list[Object] | None = found[0].get(way)
    return peers


def _components(peers: list[Object] | None) -> set[str]:
    selectors = [
        each["podSelector"]["matchLabels"] for each in peers or [] if "podSelector" in each
    ]
    return {each[COMPONENT] for each in selectors}


def test_only_the_gateway_and_prometheus_reach_a_service(render: Render) -> None:
    for service, policy in of_kind(render("network-policies"), "NetworkPolicy").items():
        if service in {"audit", "gateway"}:
            continue
        peers = _peers(policy["spec"]["ingress"], "from", "http") or []
        assert _components(peers) == {"gateway"}
        [monitoring] = [each for each in peers if "namespaceSelector" in each]
        assert monitoring["namespaceSelector"]["matchLabels"] == {
            "kubernetes.io/metadata.name": "monitoring"
        }


def test_the_gateway_is_reached_by_named_peers_or_by_anybody(render: Render) -> None:
    named = of_kind(render("network-policies"), "NetworkPolicy")["gateway"]["spec"]
    assert len(_peers(named["ingress"], "from", "http") or []) == 2
    anybody = of_kind(render("network-policies-open"), "NetworkPolicy")["gateway"]["spec"]
    assert _peers(anybody["ingress"], "from", "http") is None


def test_the_gateway_reaches_services_but_neither_database_nor_brokers(render: Render) -> None:
    objects = render("network-policies")
    egress = of_kind(objects, "NetworkPolicy")["gateway"]["spec"]["egress"]
    called = {
        component
        for rule in egress
        if rule["ports"] == [{"port": "http"}]
        for component in _components(rule["to"])
    }
    assert called == of_kind(objects, "Deployment").keys() - {"gateway"}
    ports = {each["port"] for rule in egress for each in rule["ports"]}
    assert ports == {"http", 53, 443}


def test_services_reach_their_database_the_brokers_and_the_issuer(render: Render) -> None:
    policies = of_kind(render("network-policies"), "NetworkPolicy")
    orders = policies["orders"]["spec"]["egress"]
    assert _peers(orders, "to", 6432) == [{"ipBlock": {"cidr": "10.1.2.3/32"}}]
    assert _peers(orders, "to", 9092) is not None
    assert {each["port"] for rule in orders for each in rule["ports"]} == {53, 443, 6432, 9092}
    payments = policies["payments"]["spec"]["egress"]
    assert {"ports": [{"port": 443}], "to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]} in payments


def test_without_peers_any_address_is_reached_at_the_known_ports(render: Render) -> None:
    orders = of_kind(render("network-policies-open"), "NetworkPolicy")["orders"]["spec"]["egress"]
    assert _peers(orders, "to", 5432) is None
    assert _peers(orders, "to", 53) is None
