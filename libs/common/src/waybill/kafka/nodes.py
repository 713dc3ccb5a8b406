"""The connections of a `BrokerLink` to the nodes of a cluster."""

import time
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.errors import (  # type: ignore[import-untyped]  # it is untyped
    IncompatibleBrokerVersion,
    KafkaError,
)

from waybill.kafka.errors import BrokerRefusedError, BrokerUnavailableError, refusal_of
from waybill.kafka.node_connection import Node
from waybill.kafka.protocol import TopicIdsRequest

KEEP_ALIVE_SECONDS: Final = 5.0
"""Shorter than any sensible connections.max.idle.ms of the brokers; its default is 10 minutes."""


class Nodes:
    """Connections by the number of their node. When one of them is broken, all are unusable.

    Every method raises BrokerUnavailableError when a connection is broken or breaks.
    """

    def __init__(self, connections: Mapping[int, Node]) -> None:
        self._connections = connections
        self._asked_at = dict.fromkeys(connections, time.monotonic())

    def __len__(self) -> int:
        return len(self._connections)

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()

    def check(self) -> None:
        """Raise BrokerUnavailableError when a connection is known to be broken."""
        if not all(connection.connected() for connection in self._connections.values()):
            raise BrokerUnavailableError("the connection to the broker is broken")

    async def keep_alive(self) -> None:
        """Ask the nodes that were not asked lately: Kafka closes idle connections.

        Idle are those to nodes that lead no partition of interest.
        """
        before = time.monotonic() - KEEP_ALIVE_SECONDS
        for node in [each for each, asked_at in self._asked_at.items() if asked_at < before]:
            await self.ask(node, TopicIdsRequest([]))

    async def ask_any(self, request: Any) -> Any:  # noqa: ANN401 (aiokafka is untyped)
        """Send a request that every node can answer. Raises BrokerRefusedError."""
        return await self.ask(next(iter(self._connections)), request)

    async def ask(self, node: int, request: Any) -> Any:  # noqa: ANN401 (aiokafka is untyped)
        """Send a request to a node. Raises BrokerRefusedError."""
        self.check()
        connection = self._connections.get(node)
        if connection is None:
            raise BrokerUnavailableError(f"node {node} cannot be reached")
        self._asked_at[node] = time.monotonic()
        try:
            return await connection.send(request)
        except IncompatibleBrokerVersion as error:
            raise BrokerRefusedError(refusal_of(error)) from error
        # uvloop raises RuntimeError for a write to a connection that has just been reset.
        except (KafkaError, OSError, RuntimeError) as error:
            connection.close()
            raise BrokerUnavailableError(f"{type(error).__name__}: {error}") from error
