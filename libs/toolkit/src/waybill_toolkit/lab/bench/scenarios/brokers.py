"""The same orders with the embedded broker and with Apache Kafka, in turns in one run."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.measured_platform import own_plan, with_own_ports
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.handle import Platform, running

CLIENTS: Final = (1, 8, 32, 128)
SECONDS: Final = 10.0


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    """Run both platforms; each idles while the other is measured."""
    with ExitStack() as stack:
        platforms: dict[BrokerKind, Platform] = {}
        for number, kind in enumerate(BrokerKind):
            plan = stack.enter_context(own_plan(with_own_ports(options, number), kind))
            platforms[kind] = stack.enter_context(running(plan))
        yield [
            Case(f"{kind}, {clients} clients", partial(_measure, platform, clients, options))
            for clients in ((options.clients,) if options.clients else CLIENTS)
            for kind, platform in platforms.items()
        ]


def _measure(platform: Platform, clients: int, options: Options) -> Figures:
    place = Place(platform, one_line(), through_gateway=False)
    return uvloop.run(place_closed(place, clients=clients, seconds=options.seconds_or(SECONDS)))


BROKERS: Final = Scenario(
    "brokers", "orders confirmed with the embedded broker and with Apache Kafka", _cases
)
