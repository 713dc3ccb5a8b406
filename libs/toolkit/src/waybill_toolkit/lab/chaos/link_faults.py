"""Cuts, delays, throttles and resets links."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.fault_proxies import FaultProxies, Link
from waybill_toolkit.lab.chaos.schedule import Fault, Kind

_RESET_EACH_SECONDS: Final = 0.5


class LinkFaults:
    """Injects faults into the links of a platform."""

    def __init__(
        self, proxies: FaultProxies, now: Callable[[], float], chance: random.Random
    ) -> None:
        self._proxies = proxies
        self._now = now
        self._chance = chance

    async def impair(self, event: Event) -> None:
        """Cut, delay or throttle the link for a time."""
        state = self._proxies.state(_link(event.fault))
        if not state.is_healthy:
            raise LookupError("the link was bad already")
        match event.fault.kind:
            case Kind.CUT:
                state.clear.clear()
            case Kind.DELAY:
                state.delay_seconds = self._chance.uniform(0.02, 0.4)
            case _:
                state.bytes_per_second = self._chance.uniform(2_000, 20_000)
        try:
            await asyncio.sleep(event.fault.seconds)
        finally:
            state.delay_seconds, state.bytes_per_second = 0.0, None
            state.clear.set()

    async def reset(self, event: Event) -> None:
        """Reset all connections of the link repeatedly for a time."""
        until = self._now() + event.fault.seconds
        while self._now() < until:
            self._proxies.reset(_link(event.fault))
            await asyncio.sleep(_RESET_EACH_SECONDS * self._chance.uniform(0.2, 1.8))


def _link(fault: Fault) -> Link:
    if fault.link is None:
        raise ValueError(f"{fault} has no link")
    return fault.link
