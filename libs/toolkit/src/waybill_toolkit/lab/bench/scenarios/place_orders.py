"""Orders in a closed loop: each client waits for the confirmation of its order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from waybill_toolkit.lab.bench.baskets import BASKETS
from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.placing import Place, measure_closed
from waybill_toolkit.lab.bench.scenario import Case, Options, Scenario

CLIENTS: Final = (1, 8, 32, 128)


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    with measured_platform(options) as platform:
        places = [
            Place(platform, baskets(), through_gateway)
            for through_gateway in (False, True)
            for baskets in BASKETS
        ]
        yield [
            Case(_name(place, clients), partial(measure_closed, place, clients, options))
            for place in places
            for clients in ((options.clients,) if options.clients else CLIENTS)
        ]


def _name(place: Place, clients: int) -> str:
    route = "gateway" if place.through_gateway else "straight"
    return f"{route}, {place.baskets.name}, {clients} client{'s' if clients > 1 else ''}"


PLACE_ORDERS: Final = Scenario(
    "place-orders", "orders confirmed in a closed loop, by clients, baskets and route", _cases
)
