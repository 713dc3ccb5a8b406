"""The difference between contracts and a cluster: nothing is lost without being allowed."""

import json
from pathlib import Path

import pytest

from waybill.events import Topic
from waybill_toolkit.operations.topics.planning import (
    Allowances,
    Change,
    FoundTopic,
    Kind,
    plan_acls,
    plan_topics,
)
from waybill_toolkit.operations.topics.wanted import wanted_acls, wanted_topics
from waybill_toolkit.platform.apache_kafka.acls import Acl

HOUR_MS = 3_600_000
TOPIC = Topic("orders.order-events.v1", partitions=8, retention_hours=168)
NOTHING = Allowances()
EVERYTHING = Allowances(add_partitions=True, shorten_retention=True)
ORDERS = Path(__file__).parents[4] / "services/orders/src/orders/contract/asyncapi.json"


def plan(found: FoundTopic | None, allowed: Allowances = NOTHING) -> list[Change]:
    return list(plan_topics([TOPIC], {TOPIC.name: found} if found else {}, allowed))


def test_a_missing_topic_is_created() -> None:
    [change] = plan(None)
    assert (change.kind, change.topic, change.refusal) == (Kind.CREATE, TOPIC, None)


def test_nothing_is_planned_for_a_topic_as_in_its_contract() -> None:
    assert plan(FoundTopic(8, 168 * HOUR_MS)) == []


@pytest.mark.parametrize(
    ("found", "kind", "advice"),
    [
        (FoundTopic(4, 168 * HOUR_MS), Kind.ADD_PARTITIONS, "--add-partitions"),
        (FoundTopic(8, 200 * HOUR_MS), Kind.SHORTEN, "--shorten-retention"),
        (FoundTopic(8, -1), Kind.SHORTEN, "--shorten-retention"),
    ],
)
def test_what_moves_keys_or_deletes_records_is_refused_unless_it_is_allowed(
    found: FoundTopic, kind: Kind, advice: str
) -> None:
    [refused] = plan(found)
    assert refused.kind is kind
    assert advice in str(refused.refusal)
    [allowed] = plan(found, EVERYTHING)
    assert (allowed.kind, allowed.refusal) == (kind, None)


def test_retention_is_lengthened_without_asking() -> None:
    [change] = plan(FoundTopic(8, HOUR_MS))
    assert (change.kind, change.refusal) == (Kind.LENGTHEN, None)


def test_partitions_are_never_removed() -> None:
    [change] = plan(FoundTopic(9, 168 * HOUR_MS), EVERYTHING)
    assert change.kind is Kind.FEWER_PARTITIONS
    assert "x-partitions" in str(change.refusal)


def test_topics_and_permissions_follow_from_a_contract() -> None:
    documents = {"orders": json.loads(ORDERS.read_bytes())}
    assert [topic.name for topic in wanted_topics(documents)] == ["orders.order-events.v1"]
    acls = wanted_acls(documents, {"orders": "shop"})
    assert Acl("User:shop", "topic", "orders.order-events.v1", "write") in acls
    assert Acl("User:shop", "topic", "payments.commands.v1", "write") in acls
    assert Acl("User:shop", "group", "orders", "read") in acls
    assert Acl("User:shop", "topic", "payments.commands.v1", "read") not in acls
    assert {acl.principal for acl in acls} == {"User:shop"}


def test_only_missing_permissions_are_planned() -> None:
    one, other = (Acl("User:shop", "topic", name, "read") for name in ("apples", "pears"))
    assert [change.acl for change in plan_acls([one, other], [other])] == [one]


def test_names_begin_with_the_prefix_of_the_deployment() -> None:
    documents = {"orders": json.loads(ORDERS.read_text())}
    assert all(each.name.startswith("staging.") for each in wanted_topics(documents, "staging."))
    acls = wanted_acls(documents, {}, "staging.")
    assert all(each.name.startswith("staging.orders") for each in acls if each.resource == "group")
    assert {each.name for each in acls} > {"staging.orders", f"staging.{TOPIC.name}"}
