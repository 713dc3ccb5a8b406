"""Whether the topics of a service are what its contract says.

The leading relay checks them each second, over its own link. A follower checks them too, less
often: it must not be ready if it could not lead, as a rollout replaces the leader by it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

from waybill.backoff import Backoff, pause
from waybill.events import Topic
from waybill.kafka.errors import BrokerError, refusal_of
from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import TopicState

_log: Final = logging.getLogger(__name__)

CHECK_SECONDS: Final = 10.0
"""A check opens connections. Topics are changed by people, and rarely."""
UNFIT_CHECK_SECONDS: Final = 1.0
"""The same while something is wrong, so that the replica is ready soon after it was changed."""


def unfit(
    owned: Sequence[Topic], states: Mapping[str, TopicState], prefix: str, *, creates_topics: bool
) -> Iterator[str]:
    """Say what an operator has to change about topics that exist in `states`, or do not."""
    for topic in owned:
        name, state = prefix + topic.name, states.get(topic.name)
        if state is None and not creates_topics:
            yield (
                f"topic {name} does not exist: create it, as `waybill topics apply` does, or "
                "set WAYBILL_KAFKA_CREATE_TOPICS=true"
            )
        elif state is not None and (found := len(state.leaders)) < topic.partitions:
            yield (
                f"topic {name} has too few partitions, {found} instead of {topic.partitions}: "
                "add them, as `waybill topics apply --add-partitions` does, or set "
                f"WAYBILL_KAFKA_PARTITIONS_MAX={found}"
            )


class FollowerCheck:
    """Checks the topics for a replica that follows. It creates none, and publishes nothing."""

    def __init__(
        self,
        open_link: Callable[[], Awaitable[BrokerLink]],
        owned: Sequence[Topic],
        *,
        creates_topics: bool,
    ) -> None:
        self._open_link = open_link
        self._owned = owned
        self._creates_topics = creates_topics
        self._wanted = asyncio.Event()
        self._backoff = Backoff(_log, "relay", refusal_of)
        self._faults: Sequence[str] = ()

    @property
    def refusal(self) -> str | None:
        """Why this replica could not lead: what the broker refuses, or which topic is unfit."""
        if not self._wanted.is_set():
            return None
        return self._backoff.refusal or faults_line(self._faults)

    def begin(self) -> None:
        """Check from now on. Cheap; may be called at any time."""
        self._wanted.set()

    def end(self) -> None:
        """Check no more: this replica leads."""
        self._wanted.clear()
        self._faults = ()

    async def run(self, stop: asyncio.Event) -> None:
        """Check between `begin` and `end`. Returns after `stop` was set and `begin` called."""
        await self._wanted.wait()
        while not stop.is_set():
            try:
                faults = await self._check()
            except BrokerError as error:
                await self._backoff.wait(error, stop)
            else:
                self._backoff.reset()
                self._report(faults)
                await pause(stop, UNFIT_CHECK_SECONDS if faults else CHECK_SECONDS)
            await self._wanted.wait()

    def _report(self, faults: Sequence[str]) -> None:
        for fault in set(faults) - set(self._faults):
            _log.error("relay: %s", fault)
        self._faults = faults

    async def _check(self) -> Sequence[str]:
        link = await self._open_link()
        try:
            states = await link.topics([topic.name for topic in self._owned])
        finally:
            await link.close()
        found = unfit(self._owned, states, link.prefix, creates_topics=self._creates_topics)
        return tuple(found)


def faults_line(faults: Sequence[str]) -> str | None:
    """Return what is to be changed as one line; None if nothing is."""
    return f"relay: {'; '.join(faults)}" if faults else None
