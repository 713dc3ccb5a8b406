"""`waybill bench` without a scenario: one closed loop on the running platform.

Each client places an order of one line, waits until it is confirmed, and continues with the next
one until the time has passed. It then waits for all orders. The rate is the number of confirmed
orders divided by the whole time. Client and platform share the machine.
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
    """Return the figures with their conditions."""
    return {
        **medians([figures]),
        "conditions": {**conditions(), "clients": clients, "seconds": seconds, "lines": 1},
    }
