"""What each user of the broker may do: every kind of request, by the protocol's own error codes."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka.protocol import commit, coordination, group  # type: ignore[import-untyped]
from aiokafka.protocol.admin import CreateTopicsRequest_v1  # type: ignore[import-untyped]
from aiokafka.protocol.metadata import MetadataRequest_v1  # type: ignore[import-untyped]
from aiokafka.protocol.offset import OffsetRequest_v1  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.log_requests import FetchRequest, ProduceRequest
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill.kafka.security import KafkaSecurity
from waybill_toolkit.platform.embedded_broker.permissions import permissions_of
from waybill_toolkit.platform.embedded_broker.users import Users
from waybill_toolkit.platform.source_tree import tree_root

ORDERS = "services/orders/src/orders/contract/asyncapi.json"
TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED = 29, 30
NOTHING_REFUSED = 0

USERS = {
    "owner": {name: ["*"] for name in ("write", "read", "create", "join")},
    "writer": {"write": ["fruit"]},
    "reader": {"read": ["fruit"], "join": ["reader*"]},
    "stranger": {"write": ["roots"], "read": ["roots"], "create": ["roots"], "join": ["roots"]},
}


def security(user: str) -> KafkaSecurity:
    return KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", user, f"password of {user}")


def entry(name: str, **what: Any) -> dict[str, Any]:
    return {"password": f"password of {name}", **what}


@pytest.fixture
async def servers(broker: Any) -> str:
    """A broker with a topic `fruit`, and its address."""
    users = {name: entry(name, permissions=each) for name, each in USERS.items()}
    _, servers = await broker(users=Users(users))
    link = await BrokerLink.open(servers, security("owner"))
    await create_usable(link, [Topic("fruit", 1, 1)])
    await link.close()
    return str(servers)


class _AsIs:
    """A request of a given version, as `BrokerLink` sends it."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def prepare(self, _: object) -> Any:
        return self._request


def batch() -> bytes:
    made = RecordBatch()
    made.append(0, b"key", b"value", [], 0)
    return made.encode()


Code = Callable[[Any], int]

REQUESTS: dict[str, tuple[Any, Code]] = {
    "Produce": (ProduceRequest(-1, 1000, [("fruit", [(0, batch())])]), lambda got: got[0].error),
    "Fetch": (FetchRequest([("fruit", [(0, 0)])], 60_000, 1000), lambda got: got[0].error),
    "ListOffsets": (
        _AsIs(OffsetRequest_v1(-1, [("fruit", [(0, -1)])])),
        lambda got: got.topics[0][1][0][1],
    ),
    "Metadata": (_AsIs(MetadataRequest_v1(["fruit"])), lambda got: got.topics[0][0]),
    "CreateTopics": (
        _AsIs(CreateTopicsRequest_v1([("fruit", 1, 1, [], [])], 1000, *[False])),
        lambda got: got.topic_errors[0][1],
    ),
    "FindCoordinator": (
        _AsIs(coordination.FindCoordinatorRequest_v1("fruit", 0)),
        lambda got: got.error_code,
    ),
    "FindCoordinator 0": (
        _AsIs(coordination.FindCoordinatorRequest_v0("fruit")),
        lambda got: got.error_code,
    ),
    "JoinGroup": (
        _AsIs(group.JoinGroupRequest_v2("fruit", 6000, 6000, "", "consumer", [("range", b"")])),
        lambda got: got.error_code,
    ),
    "SyncGroup": (
        _AsIs(group.SyncGroupRequest_v1("fruit", 1, "member", [])),
        lambda got: got.error_code,
    ),
    "Heartbeat": (
        _AsIs(group.HeartbeatRequest_v1("fruit", 1, "member")),
        lambda got: got.error_code,
    ),
    "LeaveGroup": (
        _AsIs(group.LeaveGroupRequest_v1("fruit", "member")),
        lambda got: got.error_code,
    ),
    "OffsetCommit": (
        _AsIs(commit.OffsetCommitRequest_v2("fruit", -1, "", -1, [("fruit", [(0, 1, "")])])),
        lambda got: got.topics[0][1][0][1],
    ),
    "OffsetFetch": (
        _AsIs(commit.OffsetFetchRequest_v3("fruit", [("fruit", [0])])),
        lambda got: got.error_code,
    ),
    "OffsetFetch 1": (
        _AsIs(commit.OffsetFetchRequest_v1("fruit", [("fruit", [0])])),
        lambda got: got.topics[0][1][0][3],
    ),
}
OF_TOPICS = {"Produce", "Fetch", "ListOffsets", "Metadata", "CreateTopics"}
ALLOWED = {
    "owner": REQUESTS.keys(),
    "writer": {"Produce", "ListOffsets", "Metadata"},
    "reader": {"Fetch", "ListOffsets", "Metadata"},
    "stranger": set(),
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", REQUESTS)
async def test_request_is_refused_unless_the_user_may(servers: str, user: str, name: str) -> None:
    link = await BrokerLink.open(servers, security("owner"))
    states = await link.topics(["fruit"])
    log = Partition("fruit", 0)
    await link.produce({log: batch()}, states)
    request, code_of = REQUESTS[name]
    other = await BrokerLink.open(servers, security(user))
    code = code_of(await other._nodes.ask_any(request))
    refused = {TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED}
    if name in ALLOWED[user]:
        assert code not in refused
    else:
        expected = TOPIC_AUTHORIZATION_FAILED if name in OF_TOPICS else GROUP_AUTHORIZATION_FAILED
        assert code == expected
        assert await link.end_offsets([log], states) == {log: 1}
        assert await link.committed("fruit", [log]) == {}
    await other.close()
    await link.close()


async def test_offset_of_a_topic_that_may_not_be_read_cannot_be_committed(servers: str) -> None:
    link = await BrokerLink.open(servers, security("stranger"))
    request = commit.OffsetCommitRequest_v2("roots", -1, "", -1, [("fruit", [(0, 1, "")])])
    answer = await link._nodes.ask_any(_AsIs(request))
    assert answer.topics == [("fruit", [(0, TOPIC_AUTHORIZATION_FAILED)])]
    await link.close()


@pytest.mark.parametrize("name", ["reader", "reader-of-mine"])
async def test_reader_joins_groups_that_begin_with_its_name(servers: str, name: str) -> None:
    link = await BrokerLink.open(servers, security("reader"))
    request = group.JoinGroupRequest_v2(name, 6000, 6000, "", "consumer", [("range", b"")])
    assert (await link._nodes.ask_any(_AsIs(request))).error_code == NOTHING_REFUSED
    await link.close()


async def test_topics_that_may_not_be_described_are_not_listed(servers: str) -> None:
    for user, found in (("reader", ["fruit"]), ("stranger", [])):
        link = await BrokerLink.open(servers, security(user))
        answer = await link._nodes.ask_any(_AsIs(MetadataRequest_v1(None)))
        assert [name for _, name, *_ in answer.topics] == found
        await link.close()


async def test_refusals_are_logged_with_user_and_topic_at_most_once_a_second(
    servers: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    link = await BrokerLink.open(servers, security("stranger"))
    for _ in range(50):
        with pytest.raises(BrokerRefusedError, match="fruit: TopicAuthorizationFailedError"):
            await link.topics(["fruit"])
    await link.close()
    lines = [each.getMessage() for each in caplog.records]
    assert lines[0] == "user stranger is refused: it may not describe 'fruit'"
    assert len(lines) < 10


def test_service_may_do_what_its_contract_says_and_no_more() -> None:
    found = permissions_of("orders", json.loads((tree_root() / ORDERS).read_text()))
    assert set(found.write) == {
        "orders.order-events.v1",
        "inventory.commands.v1",
        "payments.commands.v1",
    }
    assert set(found.read) == {
        "catalog.variant-events.v1",
        "inventory.reservation-events.v1",
        "payments.payment-events.v1",
    }
    assert found.create == ("orders.order-events.v1",)
    assert found.join == ("orders",)


async def test_changed_contract_counts_from_the_next_login(broker: Any, tmp_path: Path) -> None:
    contract = tmp_path / "asyncapi.json"
    contract.write_text("{}")
    _, servers = await broker(users=Users({"peas": entry("peas", contract=str(contract))}))
    topic = Topic("peas.events.v1", 1, 1)

    async def create() -> None:
        link = await BrokerLink.open(servers, security("peas"))
        try:
            await create_usable(link, [topic])
        finally:
            await link.close()

    with pytest.raises(BrokerRefusedError, match="TopicAuthorizationFailedError"):
        await create()
    contract.write_text(json.dumps({"channels": {"events": {"address": topic.name}}}))
    await create()
    contract.write_text("{")
    with pytest.raises(BrokerRefusedError, match="user peas"):
        await create()
