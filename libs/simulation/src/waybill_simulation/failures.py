"""Events whose handlers fail at first, so that services park and retry them."""

from uuid import UUID

from waybill_simulation.network import Network


class Failures:
    """The number of failures that remain for each event."""

    def __init__(self, network: Network, share: float) -> None:
        """Let this `share` of the events fail."""
        self._network = network
        self._share = share
        self._left: dict[UUID, int] = {}

    @property
    def happen(self) -> bool:
        """Whether any event fails in this history."""
        return self._share > 0

    def fails(self, event_id: UUID) -> bool:
        """Return whether the event handler fails this time."""
        random = self._network.random
        if event_id not in self._left:
            is_chosen = random.random() < self._share
            # It fails in its batch and then alone; in some cases again at the first retry.
            self._left[event_id] = random.choice((2, 3)) if is_chosen else 0
        self._left[event_id] -= 1
        return self._left[event_id] >= 0
