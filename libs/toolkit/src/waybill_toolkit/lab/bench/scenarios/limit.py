"""Compares the platform with the throughput of PostgreSQL alone and of the broker alone.

Each round measures all three one after the other, under the same conditions of the machine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.limits.broker import broker_orders_per_second
from waybill_toolkit.lab.bench.limits.footprint import footprint
from waybill_toolkit.lab.bench.limits.postgres import postgres_orders_per_second
from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario

CLIENTS: Final = 128  # where a closed loop is fastest
SECONDS: Final = 10.0


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    with measured_platform(options) as platform:
        place = Place(platform, one_line())
        yield [Case("one line", partial(_run, place, options))]


def _run(place: Place, options: Options) -> Figures:
    return uvloop.run(_measure(place, options))


async def _measure(place: Place, options: Options) -> Figures:
    seconds = options.seconds_or(SECONDS)
    placed = await place_closed(place, clients=options.clients or CLIENTS, seconds=seconds)
    order = await footprint(place.platform)
    postgres = await postgres_orders_per_second(place.platform, order, seconds)
    broker = await broker_orders_per_second(order, seconds)
    confirmed = placed["confirmed_per_second"]
    reached = confirmed if isinstance(confirmed, float) else 0.0
    return {
        "confirmed_per_second": reached,
        "postgres_per_second": max(postgres.values()),
        "broker_per_second": broker["both"],
        "reached_of_postgres_share": reached / max(postgres.values()),
        "reached_of_broker_share": reached / broker["both"],
        "rows_per_order": float(_OTHER_ROWS + sum(order.rows.values())),
        "event_bytes_per_order": float(sum(len(event.payload) for event in order.events)),
        "postgres_per_second_by_clients": postgres,
        "broker_per_second_by_direction": broker,
    }


_OTHER_ROWS: Final = 8  # order, line, saga, answer, reservation and its line, stock, payment


LIMIT: Final = Scenario(
    "limit", "the fraction of the throughput of PostgreSQL and of the broker alone", _cases
)
