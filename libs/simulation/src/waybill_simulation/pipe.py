"""The socket between the two processes of a service, which carries sent events and started sagas.

As in `waybill.process.worker_process`, messages arrive in order. When the socket is full, they are
not passed on; the relay reads the events from the outbox, and the saga engine reads the sagas.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from waybill.postgres.outbox import SentEvent
from waybill.saga.started import PassOn, StartedSaga
from waybill_simulation.network import Machine, Network

FULL_SHARE: Final = 0.03

Publish: TypeAlias = Callable[[Sequence[SentEvent]], None]
_Message: TypeAlias = Callable[["_Listener"], None]


class _Listener:
    """The worker process."""

    def __init__(self, publish: Publish, cache: PassOn, context: Any) -> None:  # noqa: ANN401 (as below)
        self.publish = publish
        self.cache = cache
        self.context = context


class Pipe:
    """Called by the API process after each commit that has enqueued events or started sagas."""

    def __init__(self, network: Network, to: Machine) -> None:
        self._network = network
        self._to = to
        self._arrives = 0.0
        self._held_back: list[_Message] = []
        self._listener: _Listener | None = None

    def send(self, events: Sequence[SentEvent]) -> None:
        """Pass the events on, or lose them."""
        arrived = () if self._is_full() else events
        self._deliver(lambda listener: listener.publish(arrived))

    def pass_on(self, sagas: Sequence[StartedSaga]) -> None:
        """Pass the sagas on, or lose them."""
        if not self._is_full():
            self._deliver(lambda listener: listener.cache(sagas))

    def listen(self, publish: Publish, cache: PassOn, context: Any) -> None:  # noqa: ANN401 (of the other process)
        """Call these in the worker process from now on."""
        self._listener = _Listener(publish, cache, context)
        held_back, self._held_back = self._held_back, []
        for message in held_back:
            self._arrived(message)

    def _is_full(self) -> bool:
        return self._network.random.random() < FULL_SHARE

    def _deliver(self, message: _Message) -> None:
        now = self._network.loop.time()
        self._arrives = max(self._arrives, now + self._network.hop())
        self._network.deliver(self._arrives - now, self._arrived, message)

    def _arrived(self, message: _Message) -> None:
        listener = self._listener
        if listener is None:
            self._held_back.append(message)
        elif not self._to.is_dead:
            self._network.loop.call_soon(message, listener, context=listener.context)
