"""The socket between the two processes of a service, which carries sent events.

As in `waybill.process.worker_process`, messages arrive in order. When the socket is full, events
are not passed on; the relay reads them from the outbox.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from waybill.postgres.outbox import SentEvent
from waybill_simulation.network import Machine, Network

FULL_SHARE: Final = 0.03

Publish = Callable[[Sequence[SentEvent]], None]


class Pipe:
    """Called by the API process after each commit that has enqueued events."""

    def __init__(self, network: Network, to: Machine) -> None:
        self._network = network
        self._to = to
        self._arrives = 0.0
        self._held_back: list[Sequence[SentEvent]] = []
        self._publish: Publish | None = None
        self._context: Any = None

    def send(self, events: Sequence[SentEvent]) -> None:
        """Pass the events on, or lose them."""
        is_full = self._network.random.random() < FULL_SHARE
        now = self._network.loop.time()
        self._arrives = max(self._arrives, now + self._network.hop())
        self._network.deliver(self._arrives - now, self._arrived, () if is_full else events)

    def listen(self, publish: Publish, context: Any) -> None:  # noqa: ANN401 (of the other process)
        """Call `publish` in the worker process from now on."""
        self._publish, self._context = publish, context
        held_back, self._held_back = self._held_back, []
        for events in held_back:
            self._arrived(events)

    def _arrived(self, events: Sequence[SentEvent]) -> None:
        if self._publish is None:
            self._held_back.append(events)
        elif not self._to.is_dead:
            self._network.loop.call_soon(self._publish, events, context=self._context)
