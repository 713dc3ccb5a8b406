"""The scenarios of `waybill bench`."""

from collections.abc import Sequence
from typing import Final

from waybill_toolkit.bench.scenario import Scenario
from waybill_toolkit.bench.scenarios.open_loop import OPEN_LOOP
from waybill_toolkit.bench.scenarios.place_orders import PLACE_ORDERS

SCENARIOS: Final[Sequence[Scenario]] = (
    PLACE_ORDERS,
    OPEN_LOOP,
)
