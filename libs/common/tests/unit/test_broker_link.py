"""A link to the broker that breaks in the middle of a question."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IncompatibleBrokerVersion  # type: ignore[import-untyped]
from typing_extensions import override

import waybill.kafka.nodes
from waybill.kafka.errors import BrokerRefusedError, BrokerUnavailableError
from waybill.kafka.link import BrokerLink
from waybill.kafka.nodes import Nodes


class ResetConnection:
    """A connection that was reset, and does not know yet: uvloop refuses to write to it."""

    def connected(self) -> bool:
        return True

    async def send(self, _request: object) -> Any:
        raise RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed")

    def close(self) -> None:
        pass


async def test_link_is_broken_when_its_connection_was_reset_a_moment_ago() -> None:
    link = BrokerLink(Nodes({0: ResetConnection()}))

    with pytest.raises(BrokerUnavailableError):
        await link.prove()


class OldConnection(ResetConnection):
    """A connection to a broker that lacks the version of a request."""

    @override
    async def send(self, _request: object) -> Any:
        raise IncompatibleBrokerVersion("Kafka broker does not support MetadataRequest_v12")


async def test_broker_that_is_too_old_is_a_refusal_that_says_what_is_needed() -> None:
    link = BrokerLink(Nodes({0: OldConnection()}))

    with pytest.raises(BrokerRefusedError, match=r"use Kafka 3\.1 or newer"):
        await link.prove()


class CountingConnection(ResetConnection):
    """A connection that counts its requests."""

    requests = 0

    @override
    async def send(self, _request: object) -> Any:
        self.requests += 1
        return SimpleNamespace(topics=[])


async def test_nodes_that_are_not_asked_are_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    first, idle = CountingConnection(), CountingConnection()
    link = BrokerLink(Nodes({0: first, 1: idle}))
    await link.topics(["fruit"])
    assert (first.requests, idle.requests) == (1, 0)
    monkeypatch.setattr(waybill.kafka.nodes, "KEEP_ALIVE_SECONDS", -1.0)
    await link.topics(["fruit"])
    assert idle.requests == 1
