"""The scenarios of `waybill bench`."""

from collections.abc import Sequence
from typing import Final

from waybill_toolkit.lab.bench.scenario import Scenario
from waybill_toolkit.lab.bench.scenarios.brokers import BROKERS
from waybill_toolkit.lab.bench.scenarios.events import EVENTS_ALONE
from waybill_toolkit.lab.bench.scenarios.growth import GROWTH
from waybill_toolkit.lab.bench.scenarios.layouts import LAYOUTS_SCENARIO
from waybill_toolkit.lab.bench.scenarios.limit import LIMIT
from waybill_toolkit.lab.bench.scenarios.memory import MEMORY
from waybill_toolkit.lab.bench.scenarios.open_loop import OPEN_LOOP
from waybill_toolkit.lab.bench.scenarios.place_orders import PLACE_ORDERS
from waybill_toolkit.lab.bench.scenarios.reads import READS
from waybill_toolkit.lab.bench.scenarios.start import START
from waybill_toolkit.lab.bench.scenarios.tokens import TOKENS
from waybill_toolkit.lab.bench.scenarios.traces import TRACES

SCENARIOS: Final[Sequence[Scenario]] = (
    PLACE_ORDERS,
    OPEN_LOOP,
    READS,
    EVENTS_ALONE,
    GROWTH,
    START,
    MEMORY,
    LIMIT,
    BROKERS,
    TRACES,
    TOKENS,
    LAYOUTS_SCENARIO,
)
