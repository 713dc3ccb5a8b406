"""`waybill bench` without a scenario: one closed loop on the platform that runs, in seconds.

Each of so many clients places an order of one line, waits until it is confirmed, and goes on with
the next, until the time is over. All that were begun are waited for, and the rate is that of all
confirmed orders over all of that time. Client and platform share the machine.
"""

from typing import Any, Final

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.run import conditions
from waybill_toolkit.lab.bench.scenario import Figures, medians
from waybill_toolkit.platform.handle import Platform

CLIENTS: Final = 32
SECONDS: Final = 20.0


async def measure_plainly(platform: Platform, *, clients: int, seconds: float) -> Figures:
    """Measure. Raises ServiceError."""
    return await place_closed(Place(platform, one_line()), clients=clients, seconds=seconds)


def to_json(figures: Figures, clients: int, seconds: float) -> dict[str, Any]:
    """Put the figures beside their conditions."""
    return {
        **medians([figures]),
        "conditions": {**conditions(), "clients": clients, "seconds": seconds, "lines": 1},
    }
