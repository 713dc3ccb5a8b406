"""Requests of clients to a random replica of a service, over the network."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from waybill.http.reply import ReplayedAnswerError
from waybill_simulation.network import Network, resolve
from waybill_simulation.replicas import Node, Replicas


class NoAnswer:
    """There was no usable response."""


class Asking:
    """Sends requests to a service. They enter at the generated interface."""

    def __init__(self, network: Network, replicas: Replicas, service: str) -> None:
        self._network = network
        self._replicas = replicas
        self._service = service

    async def ask(
        self,
        name: str,
        what: str,
        handle: Callable[[Any], Awaitable[object]],
        *,
        patience: float,
    ) -> object:
        """Return the response to a request of `name`; NoAnswer after `patience` seconds.

        `handle` calls the generated interface of the replica.
        """
        nodes = self._replicas.of(self._service)
        node = nodes[self._network.random.randrange(len(nodes))]
        future = self._network.loop.create_future()
        self._network.say(name, node.name, what)
        self._network.deliver(self._network.hop(), self._serve, node, name, handle, future)
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            return NoAnswer()

    def _serve(
        self,
        node: Node,
        name: str,
        handle: Callable[[Any], Awaitable[object]],
        future: "asyncio.Future[object]",
    ) -> None:
        if node.is_dead or node.assembled is None:
            self._network.deliver(self._network.hop(), resolve, future, NoAnswer())
            return
        api = node.assembled.api

        async def answer() -> None:
            response: object
            try:
                response = await handle(api)
            except ReplayedAnswerError as answered:
                response = answered
            except Exception:  # noqa: BLE001 (a 409 or 5xx: the client retries)
                response = NoAnswer()
            self._network.deliver(self._network.hop(), self._answered, node, name, future, response)

        self._network.loop.create_task(answer(), context=node.context.copy())

    def _answered(
        self, node: Node, name: str, future: "asyncio.Future[object]", response: object
    ) -> None:
        self._network.say(node.name, name, type(response).__name__)
        if not future.done():
            future.set_result(response)
