"""Events a second through the relay, a consumer and the saga engine, each alone."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.parts.consumer import measure_consumer
from waybill_toolkit.lab.bench.parts.relay import measure_relay
from waybill_toolkit.lab.bench.parts.saga import measure_saga
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario
from waybill_toolkit.platform.handle import Platform

EVENTS: Final = 50_000
EVENTS_MIN: Final = 2_000
"""Four full batches; the consumer's time excludes the first one."""

_PARTS: Final[dict[str, Callable[[Platform, int], Awaitable[Figures]]]] = {
    "relay": measure_relay,
    "consumer with a writing event handler": measure_consumer,
    "saga": measure_saga,
}


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    events = max(options.orders or EVENTS, EVENTS_MIN)
    with measured_platform(options) as platform:
        yield [Case(name, partial(_run, part, platform, events)) for name, part in _PARTS.items()]


def _run(
    part: Callable[[Platform, int], Awaitable[Figures]], platform: Platform, events: int
) -> Figures:
    async def run() -> Figures:
        return await part(platform, events)

    return uvloop.run(run())


EVENTS_ALONE: Final = Scenario(
    "events", "relay, consumer and saga alone, in events a second", _cases
)
